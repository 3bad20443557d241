import { pathOf, statementHash, type FlattenedJws, type PublicJwk, type StatementInput } from '@callbook/contracts';
import { calculateJwkThumbprint, exportJWK, FlattenedSign, generateKeyPair } from 'jose';
import { sampleNumber } from '../attestations/sample-identity.js';
import type { Proof } from './check-proof.js';

/** Someone with a key, who signs requests as a client does; every part can be made wrong. */
export interface SampleHolder {
  readonly account: string;
  readonly accountKey: PublicJwk;
  /** Members of `header` replace the right ones; an undefined one removes it. */
  request(payload: object | string, changed?: { header?: object; identifier?: string }): Promise<Proof>;
}

export async function sampleHolder(alg: 'EdDSA' | 'ES256' | 'RS256' | 'PS256' = 'EdDSA'): Promise<SampleHolder> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const accountKey = (await exportJWK(publicKey)) as unknown as PublicJwk;
  const account = await calculateJwkThumbprint(accountKey);
  return {
    account,
    accountKey,
    request: async (payload, { header = {}, identifier = sampleNumber } = {}) => {
      const url = `https://api.callbook.example${pathOf('binding', { identifier })}`;
      const kid = `https://api.callbook.example${pathOf('account', { account })}`;
      const octets = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
      const whole = JSON.parse(JSON.stringify({ alg, url, kid, nonce: 'bm9uY2U', ...header })) as { alg: string };
      const proof = (await new FlattenedSign(octets).setProtectedHeader(whole).sign(privateKey)) as FlattenedJws;
      return { identifier, account, accountKey, proof };
    },
  };
}

/** A statement as a client writes it; its octets are those of `JSON.stringify`. */
export const sampleStatement = (changed: Partial<Record<keyof StatementInput, unknown>> = {}): object => ({
  identifier: sampleNumber,
  sequence: 1,
  issuedAt: '2026-11-25T08:00:00Z',
  routes: [{ service: 'E2U+sip', uri: 'sip:alice@example.net' }],
  keys: [],
  ...changed,
});

export const hashOf = (statement: object) => statementHash(new TextEncoder().encode(JSON.stringify(statement)));
