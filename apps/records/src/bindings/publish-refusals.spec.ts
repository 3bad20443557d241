import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleNow, sampleNumber, type SampleIdentity } from '../attestations/sample-identity.js';
import type { Proof } from './check-proof.js';
import { publishBinding } from './publish-binding.js';
import { hashOf, sampleStatement, type SampleHolder } from './sample-holder.js';
import { sampleWorld, type SampleWorld } from './sample-world.js';

let ann: SampleHolder;
let eve: SampleHolder;
let identity: SampleIdentity;
let world: SampleWorld['empty'];
let worldOfAnn: SampleWorld['withAnn'];
let firstOf: SampleWorld['firstOf'];

beforeAll(async () => {
  ({ ann, eve, identity, empty: world, withAnn: worldOfAnn, firstOf } = await sampleWorld());
});

const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
const spki = (type: 'ed25519' | 'x25519') =>
  createPublicKey(generateKeyPairSync(type as 'ed25519').privateKey)
    .export({ format: 'der', type: 'spki' })
    .toString('base64url');
const route = (changed: object = {}) => ({ service: 'E2U+sip', uri: 'sip:alice@example.net', ...changed });

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
const twice = spki('ed25519');
const inHeader = (changed: object) =>
  tampered(({ proof }) => ({ proof: { ...proof, protected: encode({ ...decode(proof.protected), ...changed }) } }));

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
    ['it needs an extension', () => inHeader({ crit: ['exp'], exp: 1 }), 'JWS_MALFORMED'],
    [
      'its header is no JSON',
      () => tampered(({ proof }) => ({ proof: { ...proof, protected: 'AAAA' } })),
      'JWS_MALFORMED',
    ],
    ['its algorithm is none', () => inHeader({ alg: 'none' }), 'JWS_ALGORITHM'],
    ['its algorithm is one with a shared secret', () => inHeader({ alg: 'HS256' }), 'JWS_ALGORITHM'],
    ['its algorithm is of another kind of key', () => inHeader({ alg: 'ES256' }), 'JWS_ALGORITHM'],
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
    [
      'a route has an unknown service',
      () => firstWith({ routes: [route({ service: 'E2U+fax-machine' })] }),
      'ROUTE_SERVICE_UNKNOWN',
    ],
    [
      'a route has a URI of another service',
      () => firstWith({ routes: [route({ uri: 'https://example.net/' })] }),
      'ROUTE_URI_MISMATCH',
    ],
    ['a route has a URI that is none', () => firstWith({ routes: [route({ uri: 'sip:' })] }), 'ROUTE_URI_MALFORMED'],
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
