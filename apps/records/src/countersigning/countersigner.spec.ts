import { countersignatureType, CountersignatureClaims } from '@callbook/contracts';
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { openCountersigner } from './countersigner.js';
import type { CountersigningKeys, StoredKey } from './countersigning-key-store.js';

const claims: CountersignatureClaims = {
  iss: 'callbook.example',
  sub: 'tel:+447700900123',
  account: 'A'.repeat(43),
  sequence: 1,
  statement: 'h'.repeat(43),
  method: 'sms',
  provedAt: 1_764_057_000,
  iat: 1_764_057_600,
};
const keyEncryptionKey = randomBytes(32);

let stored: StoredKey[];
const keys: CountersigningKeys = {
  list: async () => stored,
  addFirst: async (key) => {
    if (stored.length === 0) stored = [key];
  },
};
const open = (kek: Uint8Array = keyEncryptionKey) =>
  openCountersigner({
    keys,
    keyEncryptionKey: kek,
    clock: () => 1_764_057_600_000,
    generate: () => generateKeyPairSync('ed25519').privateKey,
  });

beforeEach(() => {
  stored = [];
});

describe('the countersigner', () => {
  it('signs with a key that its public keys verify', async () => {
    const { sign, publicKeys } = await open();
    const jws = await sign(claims);
    const header = decodeProtectedHeader(jws);
    expect(header).toEqual({ alg: 'EdDSA', typ: countersignatureType, kid: publicKeys.keys[0]!['kid'] });
    const { payload } = await compactVerify(jws, await importJWK(publicKeys.keys[0] as JWK, 'EdDSA'));
    expect(CountersignatureClaims.parse(JSON.parse(new TextDecoder().decode(payload)))).toEqual(claims);
  });

  it('makes its key once, and opens it ever after', async () => {
    const first = await open();
    const second = await open();
    expect(second.publicKeys).toEqual(first.publicKeys);
    expect(await second.sign(claims)).toBe(await first.sign(claims));
    expect(stored).toHaveLength(1);
  });

  it('agrees with a replica that starts at the same time', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    expect(one.publicKeys).toEqual(other.publicKeys);
    expect(await one.sign(claims)).toBe(await other.sign(claims));
  });

  it('shows nothing private, and keeps nothing in the clear', async () => {
    const { publicKeys } = await open();
    expect(Object.keys(publicKeys.keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(Buffer.from(stored[0]!.sealed).includes(Buffer.from('302e020100300506032b6570', 'hex'))).toBe(false);
  });

  it.each([
    ['another key-encryption key', () => open(randomBytes(32))],
    [
      'the row of another key',
      async () => {
        stored = [{ ...stored[0]!, kid: 'another' }];
        return open();
      },
    ],
  ])('does not open its key with %s, and makes no new one', async (_, opened) => {
    await open();
    await expect(opened()).rejects.toMatchObject({ code: 'AT_REST_BROKEN' });
    expect(stored).toHaveLength(1);
  });
});
