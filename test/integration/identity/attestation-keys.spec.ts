import { afterAll, beforeAll, expect, it } from 'vitest';
import { IdentityWorld } from './identity-world.js';

let world: IdentityWorld;
beforeAll(async () => {
  world = await IdentityWorld.start({}, 2);
});
afterAll(() => world?.stop());

it('two replicas that start at once end with one key, sealed at rest', async () => {
  const { keys } = await world.rpc['attestation.keys']({});
  expect(keys).toHaveLength(1);
  expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
  expect(keys[0]).not.toHaveProperty('d');
  const { rows } = await world.database.query('SELECT sealed_private FROM attestation_keys');
  expect((rows[0] as { sealed_private: Buffer }).sealed_private.toString('latin1')).not.toContain('"d"');
});

it('either replica signs with it', async () => {
  const holder = await world.newHolder();
  for (const replica of [...world.replicas]) {
    const number = replica === world.replicas[0] ? '+447700900801' : '+447700900802';
    const started = await world.start(holder, number);
    const secret = await world.secretOf(holder, started);
    const { attestation } = await world.rpc['verification.claim']({ id: started.id, account: holder.account, secret });
    const header = JSON.parse(Buffer.from(attestation!.split('.')[0]!, 'base64url').toString()) as { kid: string };
    expect(header.kid).toBe((await world.rpc['attestation.keys']({})).keys[0]!['kid']);
    if (replica === world.replicas[0]) await replica.stop();
  }
});

it('another key-encryption key does not open it: identity does not start, and makes no other', async () => {
  await expect(world.addReplica({ CALLBOOK_KEY_ENCRYPTION_KEY: 'A'.repeat(43) })).rejects.toThrow(/AT_REST_BROKEN/);
  expect((await world.rpc['attestation.keys']({})).keys).toHaveLength(1);
});
