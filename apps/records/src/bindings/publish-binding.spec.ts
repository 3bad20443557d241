import { Binding, readStatement } from '@callbook/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleDirectory, sampleNow, sampleNumber } from '../attestations/sample-identity.js';
import { memoryBindings } from './memory-bindings.js';
import { publishBinding } from './publish-binding.js';
import { hashOf, sampleHolder, sampleStatement, type SampleHolder } from './sample-holder.js';
import { sampleWorld, type SampleWorld } from './sample-world.js';

let ann: SampleHolder;
let eve: SampleHolder;
let world: SampleWorld['empty'];
let worldOfAnn: SampleWorld['withAnn'];
let firstOf: SampleWorld['firstOf'];

beforeAll(async () => {
  ({ ann, eve, empty: world, withAnn: worldOfAnn, firstOf } = await sampleWorld());
});

const claimsOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as unknown;

describe('a statement is taken', () => {
  it('when it is the first and the identifier was proved', async () => {
    const here = world();
    const first = await firstOf(ann);
    const request = await ann.request(first);
    const binding = await publishBinding(here, request);
    expect(Binding.parse(binding)).toEqual(binding);
    expect(binding).toMatchObject({ identifier: sampleNumber, sequence: 1, hash: hashOf(first), proof: request.proof });
    expect(binding.publishedAt).toBe(new Date(sampleNow).toISOString());
    expect(claimsOf(binding.attestation)).toEqual({
      iss: sampleDirectory,
      sub: sampleNumber,
      account: ann.account,
      sequence: 1,
      statement: hashOf(first),
      method: 'sms',
      provedAt: sampleNow / 1_000 - 5,
      iat: sampleNow / 1_000,
    });
    expect(await here.bindings.page(undefined, 10)).toEqual([
      {
        identifier: sampleNumber,
        sequence: 1,
        hash: hashOf(first),
        visibility: 'dns',
        routes: [{ service: 'E2U+sip', uri: 'sip:alice@example.net', order: 100, preference: 10 }],
        keys: [],
        ttl: 300,
      },
    ]);
    expect(here.bindings.events).toHaveLength(1);
    expect(here.nudges()).toBe(1);
  });

  it('when it follows the one before, and needs no second proof of the identifier', async () => {
    const { here, second } = await worldOfAnn();
    expect(await here.bindings.current(sampleNumber)).toMatchObject({
      sequence: 2,
      hash: hashOf(second),
      proved: { method: 'sms', provedAt: sampleNow / 1_000 - 5 },
    });
  });

  it.each(['EdDSA', 'ES256', 'RS256', 'PS256'] as const)('when it is signed with %s', async (alg) => {
    const holder = await sampleHolder(alg);
    const binding = await publishBinding(world(), await holder.request(await firstOf(holder)));
    expect(binding.sequence).toBe(1);
  });

  it('when its header carries the key instead of the account URL', async () => {
    const request = await ann.request(await firstOf(ann), { header: { kid: undefined, jwk: ann.accountKey } });
    await expect(publishBinding(world(), request)).resolves.toMatchObject({ sequence: 1 });
  });

  it('when it publishes nothing', async () => {
    const { here, second } = await worldOfAnn();
    const third = sampleStatement({ sequence: 3, previous: hashOf(second), routes: [], keys: [] });
    await publishBinding(here, await ann.request(third));
    expect(await here.bindings.page(undefined, 10)).toMatchObject([{ sequence: 3, routes: [], keys: [] }]);
  });
});

describe('the same statement again', () => {
  it('is answered as the first time, though it comes in another envelope', async () => {
    const here = world();
    const first = await firstOf(ann);
    const answer = await publishBinding(here, await ann.request(first));
    const before = here.bindings.everything();
    const again = await publishBinding(here, await ann.request(first, { header: { nonce: 'YW5vdGhlcg' } }));
    expect(again).toEqual(answer);
    expect(here.bindings.everything()).toEqual(before);
  });

  it('is answered also when others have followed and its attestation has expired', async () => {
    const { here, first } = await worldOfAnn();
    const later = { ...here, clock: () => sampleNow + 86_400_000 };
    await expect(publishBinding(later, await ann.request(first))).resolves.toMatchObject({ sequence: 1 });
  });

  it('is answered when it lost the race against itself', async () => {
    const here = world();
    const request = await ann.request(await firstOf(ann));
    const answers = await Promise.all([1, 2, 3].map(() => publishBinding(here, request)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(here.bindings.events).toHaveLength(1);
  });
});

describe('of two statements at once', () => {
  it('one is taken and the other is a conflict', async () => {
    const here = world();
    const requests = await Promise.all([60, 120].map(async (ttl) => ann.request(await firstOf(ann, { ttl }))));
    const results = await Promise.allSettled(requests.map((request) => publishBinding(here, request)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'SEQUENCE_CONFLICT' });
    expect(here.bindings.events).toHaveLength(1);
  });

  it('of two keys for one identifier the second is not the holder', async () => {
    const here = world();
    const requests = await Promise.all([ann, eve].map(async (holder) => holder.request(await firstOf(holder))));
    const results = await Promise.allSettled(requests.map((request) => publishBinding(here, request)));
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'NOT_THE_HOLDER' });
  });
});

describe('when the keys of attestations cannot be had', () => {
  it('a first statement is to be tried again, and a later one is not concerned', async () => {
    const { here, second } = await worldOfAnn();
    const away = { ...here, bindings: memoryBindings(), checkAttestation: () => Promise.reject(new Error('away')) };
    await expect(publishBinding(away, await ann.request(await firstOf(ann)))).rejects.toThrow('away');
    const alone = { ...away, bindings: here.bindings };
    const third = sampleStatement({ sequence: 3, previous: hashOf(second) });
    await expect(publishBinding(alone, await ann.request(third))).resolves.toMatchObject({ sequence: 3 });
  });
});

it('the proof that is kept carries the statement', async () => {
  const { here, second } = await worldOfAnn();
  const kept = (await here.bindings.current(sampleNumber))!.statement.proof;
  expect(readStatement(Buffer.from(kept.payload, 'base64url'))).toMatchObject(second);
});
