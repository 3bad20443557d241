import { Binding, readStatement, type CountersignatureClaims } from '@callbook/contracts';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AttestationKeys } from '../attestations/attestation-keys.js';
import { checkAttestation } from '../attestations/check-attestation.js';
import {
  sampleDirectory,
  sampleIdentity,
  sampleNow,
  sampleNumber,
  type SampleIdentity,
} from '../attestations/sample-identity.js';
import type { Proof } from './check-proof.js';
import { memoryBindings, type MemoryBindings } from './memory-bindings.js';
import { publishBinding, type PublishDeps } from './publish-binding.js';
import { hashOf, sampleHolder, sampleStatement, type SampleHolder } from './sample-holder.js';

interface World extends PublishDeps {
  readonly bindings: MemoryBindings;
  readonly nudges: () => number;
}

let ann: SampleHolder;
let eve: SampleHolder;
let identity: SampleIdentity;

beforeAll(async () => {
  [ann, eve, identity] = await Promise.all([sampleHolder(), sampleHolder(), sampleIdentity()]);
});

function world(): World {
  const keys = new AttestationKeys(identity.source, () => sampleNow);
  let nudges = 0;
  let events = 0;
  return {
    directory: sampleDirectory,
    clock: () => sampleNow,
    bindings: memoryBindings(),
    checkAttestation: (attestation, expected) => checkAttestation(attestation, expected, (kid) => keys.find(kid)),
    countersign: async (claims: CountersignatureClaims) =>
      `aGVhZA.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`,
    newEventId: () => `event-${(events += 1)}`,
    nudge: () => (nudges += 1),
    nudges: () => nudges,
  };
}

const firstOf = async (holder: SampleHolder, changed: Parameters<typeof sampleStatement>[0] = {}) =>
  sampleStatement({ attestation: await identity.attest(holder.account), ...changed });

/** Ann has published twice. */
async function worldOfAnn() {
  const here = world();
  const first = await firstOf(ann);
  const second = sampleStatement({ sequence: 2, previous: hashOf(first), ttl: 60 });
  await publishBinding(here, await ann.request(first));
  await publishBinding(here, await ann.request(second));
  return { here, first, second };
}

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

const spki = (type: 'ed25519' | 'x25519') =>
  createPublicKey(generateKeyPairSync(type as 'ed25519').privateKey)
    .export({ format: 'der', type: 'spki' })
    .toString('base64url');
const route = (changed: object = {}) => ({ service: 'E2U+sip', uri: 'sip:alice@example.net', ...changed });
const claimsOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as unknown;

/** Ann's first request with something wrong, and why it is refused. */
const firstWith = async (
  statement: Parameters<typeof sampleStatement>[0],
  envelope: Parameters<SampleHolder['request']>[1] = {},
) => ann.request(await firstOf(ann, statement), envelope);
const attested = async (changed: Parameters<SampleIdentity['attest']>[1], account = ann.account) =>
  firstWith({ attestation: await identity.attest(account, changed) });
const tampered = async (change: (proof: Proof) => Partial<Proof>) => {
  const request = await firstWith({});
  return { ...request, ...change(request) };
};
const seconds = sampleNow / 1_000;

describe('a first statement is refused, and nothing changes, when', () => {
  it.each<[string, () => Promise<Proof>, string]>([
    // The envelope
    [
      'its payload was changed',
      () => tampered(({ proof }) => ({ proof: { ...proof, payload: `${proof.payload.slice(0, -8)}AAAAAAAA` } })),
      'SIGNATURE_INVALID',
    ],
    [
      'its signature is of another key',
      async () => ({
        ...(await firstWith({})),
        proof: (
          await eve.request(await firstOf(ann), {
            header: { kid: `https://api.callbook.example/v1/accounts/${ann.account}` },
          })
        ).proof,
      }),
      'SIGNATURE_INVALID',
    ],
    [
      'the key is not the one of the account',
      () => tampered(() => ({ accountKey: eve.accountKey })),
      'SIGNATURE_INVALID',
    ],
    ['the request names another account', () => tampered(() => ({ account: eve.account })), 'SIGNATURE_INVALID'],
    [
      'its kid names another account',
      () => firstWith({}, { header: { kid: `https://api.callbook.example/v1/accounts/${eve.account}` } }),
      'SIGNATURE_INVALID',
    ],
    ['its kid is no account URL', () => firstWith({}, { header: { kid: ann.account } }), 'SIGNATURE_INVALID'],
    [
      'its jwk is another key',
      () => firstWith({}, { header: { kid: undefined, jwk: eve.accountKey } }),
      'SIGNATURE_INVALID',
    ],
    ['it has both jwk and kid', () => firstWith({}, { header: { jwk: ann.accountKey } }), 'JWS_MALFORMED'],
    ['it has neither jwk nor kid', () => firstWith({}, { header: { kid: undefined } }), 'JWS_MALFORMED'],
    [
      'it needs an extension',
      () =>
        tampered(({ proof }) => ({
          proof: { ...proof, protected: encode({ ...decode(proof.protected), crit: ['exp'], exp: 1 }) },
        })),
      'JWS_MALFORMED',
    ],
    [
      'its header is no JSON',
      () => tampered(({ proof }) => ({ proof: { ...proof, protected: 'AAAA' } })),
      'JWS_MALFORMED',
    ],
    [
      'its algorithm is none',
      () =>
        tampered(({ proof }) => ({
          proof: { ...proof, protected: encode({ ...decode(proof.protected), alg: 'none' }) },
        })),
      'JWS_ALGORITHM',
    ],
    [
      'its algorithm is one with a shared secret',
      () =>
        tampered(({ proof }) => ({
          proof: { ...proof, protected: encode({ ...decode(proof.protected), alg: 'HS256' }) },
        })),
      'JWS_ALGORITHM',
    ],
    [
      'its algorithm is of another kind of key',
      () =>
        tampered(({ proof }) => ({
          proof: { ...proof, protected: encode({ ...decode(proof.protected), alg: 'ES256' }) },
        })),
      'JWS_ALGORITHM',
    ],
    [
      'its url is of another identifier',
      () => firstWith({}, { header: { url: 'https://api.callbook.example/v1/bindings/tel%3A%2B447700900124' } }),
      'URL_MISMATCH',
    ],
    [
      'its url is of another resource',
      () =>
        firstWith(
          {},
          { header: { url: `https://api.callbook.example/v1/accounts/${encodeURIComponent(sampleNumber)}` } },
        ),
      'URL_MISMATCH',
    ],
    [
      'its url has a query',
      () =>
        firstWith(
          {},
          { header: { url: `https://api.callbook.example/v1/bindings/${encodeURIComponent(sampleNumber)}?x` } },
        ),
      'URL_MISMATCH',
    ],
    [
      'its url is not one',
      () => firstWith({}, { header: { url: `/v1/bindings/${encodeURIComponent(sampleNumber)}` } }),
      'URL_MISMATCH',
    ],
    ['it has no url', () => firstWith({}, { header: { url: undefined } }), 'URL_MISMATCH'],
    [
      'the account key is broken',
      () => tampered(() => ({ accountKey: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } })),
      'KEY_MALFORMED',
    ],
    // The statement
    ['it is no JSON', () => ann.request('{"identifier":'), 'STATEMENT_MALFORMED'],
    [
      'it has a member that nobody knows',
      async () => ann.request({ ...(await firstOf(ann)), color: 'red' }),
      'STATEMENT_MALFORMED',
    ],
    ['its identifier is not canonical', () => firstWith({ identifier: 'tel:+44-7700-900123' }), 'STATEMENT_MALFORMED'],
    ['its sequence is zero', () => firstWith({ sequence: 0 }), 'STATEMENT_MALFORMED'],
    ['its sequence is no whole number', () => firstWith({ sequence: 1.5 }), 'STATEMENT_MALFORMED'],
    ['its ttl is a second', () => firstWith({ ttl: 1 }), 'STATEMENT_MALFORMED'],
    ['it was issued in six minutes', () => firstWith({ issuedAt: '2026-11-25T08:06:00Z' }), 'STATEMENT_MALFORMED'],
    [
      'it has seventeen routes',
      () => firstWith({ routes: Array.from({ length: 17 }, (_, n) => route({ uri: `sip:a${n}@example.net` })) }),
      'STATEMENT_MALFORMED',
    ],
    ['it is about another identifier', () => firstWith({ identifier: 'tel:+447700900124' }), 'STATEMENT_MISMATCH'],
    ['it has the same route twice', () => firstWith({ routes: [route(), route()] }), 'ROUTE_DUPLICATE'],
    [
      'it has a key that is none',
      () => firstWith({ keys: [{ use: 'identity', format: 'spki', value: 'AAAA' }] }),
      'KEY_MALFORMED',
    ],
    [
      'it has a key that cannot encrypt',
      () => firstWith({ keys: [{ use: 'encryption', format: 'spki', value: spki('ed25519') }] }),
      'KEY_UNSUPPORTED',
    ],
    [
      'it has a key that cannot sign',
      () => firstWith({ keys: [{ use: 'identity', format: 'spki', value: spki('x25519') }] }),
      'KEY_UNSUPPORTED',
    ],
    [
      'it has the same key twice',
      () => firstWith({ keys: Array.from({ length: 2 }, () => ({ use: 'identity', format: 'spki', value: twice })) }),
      'STATEMENT_MALFORMED',
    ],
    // Its place
    ['it begins at 2', () => firstWith({ sequence: 2 }), 'SEQUENCE_CONFLICT'],
    ['it names one before', () => firstWith({ previous: hashOf({}) }), 'PREVIOUS_MISMATCH'],
    // The proof of the identifier
    ['it has no attestation', () => firstWith({ attestation: undefined }), 'IDENTIFIER_NOT_VERIFIED'],
    ['its attestation is of another account', () => attested({}, eve.account), 'ATTESTATION_INVALID'],
    [
      'its attestation is of another identifier',
      () => attested({ claims: { sub: 'tel:+447700900124' } }),
      'ATTESTATION_INVALID',
    ],
    [
      'its attestation is of another directory',
      () => attested({ claims: { iss: 'example.org' } }),
      'ATTESTATION_INVALID',
    ],
    ['its attestation expires now', () => attested({ claims: { exp: seconds } }), 'ATTESTATION_INVALID'],
    ['its attestation is of the future', () => attested({ claims: { iat: seconds + 120 } }), 'ATTESTATION_INVALID'],
    ['its attestation is of another type', () => attested({ header: { typ: 'JWT' } }), 'ATTESTATION_INVALID'],
    ['its attestation has no method', () => attested({ claims: { method: undefined } }), 'ATTESTATION_INVALID'],
    ['its attestation has no expiry', () => attested({ claims: { exp: undefined } }), 'ATTESTATION_INVALID'],
    ['its attestation names an unknown key', () => attested({ header: { kid: 'unknown' } }), 'ATTESTATION_INVALID'],
    [
      'its attestation is forged',
      async () => attested({ key: (await generateKeyPair('EdDSA')).privateKey }),
      'ATTESTATION_INVALID',
    ],
    [
      'its attestation is for a statement of countersignature',
      () => attested({ header: { typ: 'callbook-countersignature+jwt' } }),
      'ATTESTATION_INVALID',
    ],
  ])('%s', async (_, request, code) => {
    const here = world();
    const before = here.bindings.everything();
    await expect(publishBinding(here, await request())).rejects.toMatchObject({ code });
    expect(here.bindings.everything()).toEqual(before);
    expect(here.nudges()).toBe(0);
  });
});

describe('a later statement is refused, and nothing changes, when', () => {
  it.each<[string, (first: object, second: object) => Promise<Proof>, string]>([
    [
      'its sequence was taken by another',
      (first) => ann.request(sampleStatement({ sequence: 2, previous: hashOf(first), ttl: 90 })),
      'SEQUENCE_CONFLICT',
    ],
    ['it would be the first again', async () => ann.request(await firstOf(ann, { ttl: 90 })), 'SEQUENCE_CONFLICT'],
    [
      'it skips a sequence',
      (_, second) => ann.request(sampleStatement({ sequence: 4, previous: hashOf(second) })),
      'SEQUENCE_CONFLICT',
    ],
    [
      'it names not the newest one',
      (first) => ann.request(sampleStatement({ sequence: 3, previous: hashOf(first) })),
      'PREVIOUS_MISMATCH',
    ],
    ['it names none', () => ann.request(sampleStatement({ sequence: 3 })), 'PREVIOUS_MISMATCH'],
    [
      'it is of another key',
      (_, second) => eve.request(sampleStatement({ sequence: 3, previous: hashOf(second) })),
      'NOT_THE_HOLDER',
    ],
    ['it is of another key that proved the identifier', async () => eve.request(await firstOf(eve)), 'NOT_THE_HOLDER'],
    ["it is the holder's own, in an envelope of another key", (first) => eve.request(first), 'NOT_THE_HOLDER'],
  ])('%s', async (_, request, code) => {
    const { here, first, second } = await worldOfAnn();
    const before = here.bindings.everything();
    await expect(publishBinding(here, await request(first, second))).rejects.toMatchObject({ code });
    expect(here.bindings.everything()).toEqual(before);
    expect(here.nudges()).toBe(2);
  });
});

describe('when the keys of attestations cannot be had', () => {
  it('a first statement is to be tried again, and a later one is not concerned', async () => {
    const { here, second } = await worldOfAnn();
    const away = { ...here, bindings: memoryBindings(), checkAttestation: () => Promise.reject(new Error('away')) };
    await expect(publishBinding(away, await firstWith({}))).rejects.toThrow('away');
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

const twice = spki('ed25519');
const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
