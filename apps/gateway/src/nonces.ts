import { CallbookError } from '@callbook/contracts';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Remembers nonces that were used, over all gateways. */
export interface SpentNonces {
  /** True for the first caller with this id, false for every later one. Errors: UNAVAILABLE. */
  spend(id: string): Promise<boolean>;
}

export interface Nonces {
  issue(): string;
  /** Errors: BAD_NONCE for one that is not ours, too old, or used before. */
  spend(nonce: string): Promise<void>;
}

const timeOctets = 6;
const idOctets = 16;
const tagOctets = 16;

/**
 * Replay nonces (RFC 8555 §6.5) that cost no table: time of issue, random id, and a tag by the gateways' common key. Only nonces that were
 * used are remembered, and only for as long as they would be accepted.
 */
export function createNonces(deps: {
  key: Uint8Array;
  lifetime: number;
  clock: () => number;
  randomOctets: (n: number) => Uint8Array;
  spent: SpentNonces;
}): Nonces {
  const tag = (body: Uint8Array) => createHmac('sha256', deps.key).update(body).digest().subarray(0, tagOctets);
  const bad = (why: string) => new CallbookError('BAD_NONCE', why);

  return {
    issue: () => {
      const body = Buffer.alloc(timeOctets + idOctets);
      body.writeUIntBE(deps.clock(), 0, timeOctets);
      body.set(deps.randomOctets(idOctets), timeOctets);
      return Buffer.concat([body, tag(body)]).toString('base64url');
    },
    spend: async (nonce) => {
      const octets = Buffer.from(nonce, 'base64url');
      if (octets.length !== timeOctets + idOctets + tagOctets || octets.toString('base64url') !== nonce)
        throw bad('the nonce is not one of ours');
      const body = octets.subarray(0, timeOctets + idOctets);
      if (!timingSafeEqual(octets.subarray(body.length), tag(body))) throw bad('the nonce is not one of ours');
      const age = deps.clock() - body.readUIntBE(0, timeOctets);
      if (age > deps.lifetime || age < -60_000) throw bad('the nonce is too old');
      if (!(await deps.spent.spend(body.subarray(timeOctets).toString('base64url'))))
        throw bad('the nonce was used before');
    },
  };
}
