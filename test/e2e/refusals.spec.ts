// Longer than most: the refusals share one world, whose zone is compared before the first and after the last.
import { statementHash, type StatementInput } from '@callbook/contracts';
import { Name, RRType, soa, textOf } from '@callbook/dns';
import { nodeOf, parseE164 } from '@callbook/enum';
import { keyOwner } from '@callbook/keys';
import { dnsExchange, generateAccountKey, RefusedError } from '@callbook/sdk';
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person, reservedNumber, sip, startWorld, type World } from '../harness/world.js';
import { publicJwkOf, Sender, type Answer, type Bend } from './bent-request.js';
import { suffix, transferred } from './dns-packets.js';
import { contractOf, observed, type Exchanged } from './open-api.js';

const lifetime = { nonce: 15_000, verification: 25_000 };
const apex = Name.parse('callbook.example.');

const seen: Exchanged[] = [];
let world: World;
let database: pg.Client;
/** The holder of `number`, at sequence 2; everybody else here wants to change that. */
let alice: Person;
let sender: Sender;
let statements: readonly StatementInput[];
/** Someone with an account, and a number of their own with an attestation of it. */
let mallory: Person;
let mallorySender: Sender;
let malloryAttestation: string;
const number = reservedNumber(100);
const malloryNumber = reservedNumber(101);
let zoneBefore: readonly string[];
/** Taken at the start, to be used when they are too old. */
let oldNonce: string;
let sessions: { readonly expiring: Awaited<ReturnType<Person['askForSecret']>>; readonly startedAt: number };

beforeAll(async () => {
  world = await startWorld({
    settings: {
      gateway: { CALLBOOK_NONCE_LIFETIME: `${lifetime.nonce}ms` },
      identity: { CALLBOOK_VERIFICATION_LIFETIME: `${lifetime.verification}ms`, CALLBOOK_RESEND_AFTER: '1s' },
    },
    through: observed(seen),
  });
  database = new pg.Client({ connectionString: world.callbook.servers.postgres.adminUrl() });
  await database.connect();

  alice = await world.person();
  sender = new Sender(world.fetch, alice.directory, alice.key);
  const first = alice.registration.nextStatement(
    `tel:${number}`,
    sip('sip:alice@example.net'),
    undefined,
    await alice.verify(number),
  );
  const published = await alice.registration.publishStatement(first);
  const second = alice.registration.nextStatement(`tel:${number}`, sip('sip:alice@example.org'), published);
  await alice.registration.publishStatement(second, 10);
  statements = [first, second];

  mallory = await world.person();
  mallorySender = new Sender(world.fetch, mallory.directory, mallory.key);
  malloryAttestation = await mallory.verify(malloryNumber);
  await mallory.registration.publish(`tel:${malloryNumber}`, sip('sip:mallory@example.net'), {
    attestation: malloryAttestation,
    wait: 10,
  });
  zoneBefore = await zone();
  oldNonce = await sender.freshNonce();
  sessions = { expiring: await mallory.askForSecret(reservedNumber(109)), startedAt: Date.now() };
});
afterAll(async () => {
  await database?.end();
  await world?.stop();
});

const dns = () => world.callbook.addresses.dns[0]!;
const zone = async () => (await transferred(dns(), apex)).map(textOf).sort();
async function serial(): Promise<number> {
  const reply = await dnsExchange(dns())({ name: apex, type: RRType.SOA, class: 1 });
  return soa.read(reply.answers.find(({ type }) => type === RRType.SOA)!.rdata).serial;
}

/** All that a statement that was taken would have changed, now or in a moment: an event waits in the outbox before it is in the zone. */
async function state() {
  const { rows } = await database.query(
    `SELECT (SELECT count(*) FROM records.binding)::int AS bindings, (SELECT count(*) FROM records.statement)::int AS statements,
            (SELECT count(*) FROM records.outbox)::int AS events`,
  );
  return {
    rows: rows[0] as object,
    binding: await alice.registration.published(`tel:${number}`),
    mallory: await mallory.registration.published(`tel:${malloryNumber}`),
    serial: await serial(),
  };
}

async function refused(attempt: () => Promise<Answer>, status: number, code: string): Promise<Answer> {
  const before = await state();
  const answer = await attempt();
  expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
  expect(answer.header('content-type')).toMatch(/^application\/problem\+json/);
  expect(await state()).toEqual(before);
  return answer;
}

const bindingUrl = (of = number) => alice.directory.url('binding', { identifier: `tel:${of}` });

/** The statement that would come next, were everything as it should be. */
const next = (change: Partial<Record<keyof StatementInput, unknown>> = {}) => ({
  ...alice.registration.nextStatement(`tel:${number}`, sip('sip:changed@example.net'), {
    sequence: 2,
    hash: statementHash(Buffer.from(JSON.stringify(statements[1]))),
  }),
  ...change,
});

const publishing =
  (change: Partial<Record<keyof StatementInput, unknown>>, bend: Bend = {}) =>
  () =>
    sender.send(bindingUrl(), next(change), bend);
const bent = (bend: Bend) => publishing({}, bend);

describe('a statement is refused', () => {
  it.each<[string, number, string, () => () => Promise<Answer>]>([
    ['signed by another key', 403, 'signatureInvalid', () => bent({ signedBy: generateAccountKey() })],
    [
      'with a signature over other octets',
      403,
      'signatureInvalid',
      () =>
        bent({
          jws: (jws) => ({ ...jws, payload: Buffer.from(JSON.stringify(next({ ttl: 61 }))).toString('base64url') }),
        }),
    ],
    [
      'with a signature that was cut short',
      403,
      'signatureInvalid',
      () => bent({ jws: (jws) => ({ ...jws, signature: jws.signature.slice(0, -4) }) }),
    ],
    [
      'with a lower sequence and other content',
      409,
      'sequenceConflict',
      () => publishing({ sequence: 1, previous: undefined }),
    ],
    [
      'with the same sequence and other content',
      409,
      'sequenceConflict',
      () => publishing({ sequence: 2, previous: statements[1]!.previous }),
    ],
    ['that skips a sequence', 409, 'sequenceConflict', () => publishing({ sequence: 4 })],
    [
      'that names another one before it',
      409,
      'previousMismatch',
      () => publishing({ previous: statementHash(randomBytes(8)) }),
    ],
    ['that names none before it', 409, 'previousMismatch', () => publishing({ previous: undefined })],
    [
      'that names the one before the one before it',
      409,
      'previousMismatch',
      () => publishing({ previous: statements[1]!.previous }),
    ],
    [
      'whose url is that of another binding',
      403,
      'urlMismatch',
      () => bent({ header: { url: bindingUrl(malloryNumber) } }),
    ],
    [
      'whose url is on another host',
      403,
      'urlMismatch',
      () => bent({ header: { url: bindingUrl().replace('127.0.0.1', 'api.example.net') } }),
    ],
    ['whose url has more to it', 403, 'urlMismatch', () => bent({ header: { url: `${bindingUrl()}?` } })],
    ['about another identifier', 400, 'statementMismatch', () => publishing({ identifier: `tel:${malloryNumber}` })],
    ['with a nonce of nobody', 400, 'badNonce', () => bent({ nonce: randomBytes(38).toString('base64url') })],
    ['with an empty nonce', 400, 'badNonce', () => bent({ nonce: '' })],
    [
      'of a key without an account',
      400,
      'accountUnknown',
      () => bent({ header: { kid: alice.directory.accountUrl(generateAccountKey()) } }),
    ],
    [
      'with a kid that is not a URL of ours',
      400,
      'accountUnknown',
      () => bent({ header: { kid: 'https://example.net/v1/accounts/x' } }),
    ],
    ['without kid', 400, 'jwsMalformed', () => bent({ header: { kid: undefined } })],
    [
      'with jwk in place of kid',
      400,
      'jwsMalformed',
      () => bent({ header: { kid: undefined, jwk: publicJwkOf(alice.key) } }),
    ],
    ['with jwk beside kid', 400, 'jwsMalformed', () => bent({ header: { jwk: publicJwkOf(alice.key) } })],
    ['with a header that we do not know', 400, 'jwsMalformed', () => bent({ header: { crit: ['b64'], b64: false } })],
    [
      'with an unprotected header',
      400,
      'jwsMalformed',
      () => bent({ jws: (jws) => ({ ...jws, header: { kid: 'x' } }) }),
    ],
    [
      'in a general JWS with signatures',
      400,
      'jwsMalformed',
      () => bent({ jws: ({ payload, ...signature }) => ({ payload, signatures: [signature] }) }),
    ],
    ['without a signature', 400, 'jwsMalformed', () => bent({ jws: ({ signature: _, ...rest }) => rest })],
    ['with alg none', 400, 'jwsAlgorithm', () => bent({ header: { alg: 'none' } })],
    [
      'with alg none and no signature',
      400,
      'jwsMalformed',
      () => bent({ header: { alg: 'none' }, jws: (jws) => ({ ...jws, signature: '' }) }),
    ],
    [
      'with alg HS256 keyed by the public key',
      400,
      'jwsAlgorithm',
      () => bent({ header: { alg: 'HS256' }, jws: macByPublicKey }),
    ],
    ['with the algorithm of another kind of key', 403, 'signatureInvalid', () => bent({ header: { alg: 'ES256' } })],
    ['as JSON', 415, 'contentType', () => bent({ contentType: 'application/json' })],
    ['as text', 415, 'contentType', () => bent({ contentType: 'text/plain' })],
    [
      'of two content types',
      415,
      'contentType',
      () => bent({ contentType: 'application/json, application/jose+json' }),
    ],
    [
      'of a type that only begins like ours',
      415,
      'contentType',
      () => bent({ contentType: 'application/jose+json-seq' }),
    ],
    ['in a body that is too large', 413, 'tooLarge', () => bent({ body: `{"payload":"${'x'.repeat(70_000)}"}` })],
    ['in a body that is not JSON', 400, 'jwsMalformed', () => bent({ body: '{"protected":' })],
    ['in an empty body', 400, 'jwsMalformed', () => bent({ body: '' })],
    ['in a body that is a list', 400, 'jwsMalformed', () => bent({ body: '[]' })],
    ['in a body that is null', 400, 'jwsMalformed', () => bent({ body: 'null' })],
    ['with a protected header that is not JSON', 400, 'jwsMalformed', () => bent({ rawHeader: '{"alg":' })],
    ['that is not JSON', 400, 'statementMalformed', () => bent({ rawPayload: '{"identifier":' })],
    ['that is not an object', 400, 'statementMalformed', () => bent({ rawPayload: '"tel:+447700900100"' })],
    ['with a member that we do not know', 400, 'statementMalformed', () => publishing({ visible: true } as object)],
    ['without routes', 400, 'statementMalformed', () => publishing({ routes: undefined })],
    ['issued in the future', 400, 'statementMalformed', () => publishing({ issuedAt: '2090-01-01T00:00:00Z' })],
    ['with a time that is none', 400, 'statementMalformed', () => publishing({ issuedAt: 'now' })],
    ['with a lifetime of no time', 400, 'statementMalformed', () => publishing({ ttl: 0 })],
    ['with a sequence that is not whole', 400, 'statementMalformed', () => publishing({ sequence: 2.5 })],
    [
      'with too many routes',
      400,
      'statementMalformed',
      () => publishing({ routes: Array(17).fill(sip('sip:a@example.net').routes[0]) }),
    ],
    [
      'with a key that is none',
      400,
      'keyMalformed',
      () => publishing({ keys: [{ use: 'identity', format: 'spki', value: 'AAAA' }] }),
    ],
  ])('%s', async (_, status, code, attempt) => {
    await refused(attempt(), status, code);
  });

  it.each([
    ['an order to the resolver', 'sip:a@example.net!', 400],
    ['the delimiter of the regexp', 'sip:a!b@example.net', undefined],
    ['a line feed', 'sip:alice\r\nVia: evil@example.net', 400],
    ['a NUL', 'sip:a\0b@example.net', 400],
    ['a back-reference', 'sip:\\1@example.net', 400],
    ['a quote', 'sip:"a"@example.net', undefined],
    ['a script', 'https://example.net/"><script>alert(1)</script>', 400],
    ['another scheme', 'javascript:alert(1)', 400],
    ['a right-to-left override', 'sip:\u202Eecila@example.net', 400],
    ['half a character', 'sip:\uD800@example.net', 400],
    ['220 characters', `sip:${'x'.repeat(204)}@example.net`, undefined],
    ['too many characters', `sip:${'x'.repeat(300)}@example.net`, 400],
    ['no host', 'sip:', 400],
    ['SQL', `sip:'; DROP TABLE binding; --@example.net`, 400],
    ['a prototype', '__proto__', 400],
  ])('whose route holds %s, or taken as it is, and never answered with a fault of ours', async (_, uri, expected) => {
    // A number of its own, without attestation: what is wrong with the routes is found before it is missed.
    const statement = {
      ...next({ routes: [{ service: 'E2U+sip', uri }] }),
      sequence: 1,
      previous: undefined,
      identifier: `tel:${reservedNumber(150)}`,
    };
    const before = await state();
    const answer = await sender.send(bindingUrl(reservedNumber(150)), statement);
    expect(answer.status).toBe(expected ?? answer.status);
    expect(answer.code).toMatch(expected ? /^(route|uri|statement)/i : /^(identifierNotVerified|route|statement)/);
    expect([400, 403]).toContain(answer.status);
    expect(await state()).toEqual(before);
  });

  it('that was sent before, as a whole request', async () => {
    const url = alice.directory.accountUrl(alice.key);
    const body = await sender.signed(url, undefined);
    expect((await sender.sendBody(url, body)).status).toBe(200);
    await refused(() => sender.sendBody(url, body), 400, 'badNonce');
  });

  it('with a nonce that another request has used', async () => {
    const nonce = await sender.freshNonce();
    await sender.send(alice.directory.accountUrl(alice.key), undefined, { nonce });
    await refused(bent({ nonce }), 400, 'badNonce');
  });

  it('with a nonce that expired', async () => {
    await sleep(Math.max(0, sessions.startedAt + lifetime.nonce + 1_000 - Date.now()));
    await refused(bent({ nonce: oldNonce }), 400, 'badNonce');
  });

  it('again and again, with a fresh nonce each time, but that the one that was taken is answered as the first time', async () => {
    const before = await state();
    const answer = await sender.send(bindingUrl(), statements[1]);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(before.binding);
    expect(await state()).toEqual(before);
  });
});

describe('one nonce, in ten requests at once,', () => {
  it('is good for exactly one', async () => {
    const url = alice.directory.accountUrl(alice.key);
    const body = await sender.signed(url, undefined);
    const answers = await Promise.all(Array.from({ length: 10 }, () => sender.sendBody(url, body)));
    expect(tally(answers.map(({ code }) => code ?? 'taken'))).toEqual({ taken: 1, badNonce: 9 });
  });
});

describe('someone else', () => {
  const asMallory = (of: string, statement: object) => () => mallorySender.send(bindingUrl(of), statement);
  const first = (of: string, attestation?: string) =>
    mallory.registration.nextStatement(`tel:${of}`, sip('sip:mallory@example.net'), undefined, attestation);

  it('does not replace a binding with a valid account', () => refused(asMallory(number, next()), 403, 'notTheHolder'));
  it('does not replace it with an attestation of a number of their own', () =>
    refused(asMallory(number, next({ attestation: malloryAttestation })), 403, 'notTheHolder'));
  it('does not learn where its chain stands', async () => {
    const answers = await Promise.all(
      [1, 2, 3, 4].map((sequence) => mallorySender.send(bindingUrl(), next({ sequence }))),
    );
    expect(new Set(answers.map(({ code, body }) => `${code} ${JSON.stringify(body)}`)).size).toBe(1);
  });
  it('does not read it', () => refused(() => mallorySender.send(bindingUrl(), undefined), 404, 'bindingUnknown'));
  it('reads of a number that is not registered just the same', async () => {
    const [registered, not] = await Promise.all(
      [number, reservedNumber(199)].map((of) => mallorySender.send(bindingUrl(of), undefined)),
    );
    expect(registered).toMatchObject({ status: not!.status, body: not!.body as object });
  });
  it('does not publish for a number that they did not verify', () =>
    refused(asMallory(reservedNumber(102), first(reservedNumber(102))), 403, 'identifierNotVerified'));
  it('does not with the attestation of another number', () =>
    refused(asMallory(reservedNumber(102), first(reservedNumber(102), malloryAttestation)), 403, 'attestationInvalid'));
  it('does not with the attestation of another account', async () => {
    const bob = await world.person();
    const attestation = await bob.verify(reservedNumber(103));
    await refused(asMallory(reservedNumber(103), first(reservedNumber(103), attestation)), 403, 'attestationInvalid');
  });
  it('does not with an attestation that they changed', async () => {
    const [header, claims, signature] = malloryAttestation.split('.');
    const changed = {
      ...(JSON.parse(Buffer.from(claims!, 'base64url').toString()) as object),
      sub: `tel:${reservedNumber(102)}`,
    };
    const forged = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    await refused(asMallory(reservedNumber(102), first(reservedNumber(102), forged)), 403, 'attestationInvalid');
  });
  it('does not with a countersignature in place of an attestation', async () => {
    const { attestation } = (await mallory.registration.published(`tel:${malloryNumber}`))!;
    await refused(asMallory(reservedNumber(102), first(reservedNumber(102), attestation)), 403, 'attestationInvalid');
  });
  it('does not read an account', () =>
    refused(() => mallorySender.send(alice.directory.accountUrl(alice.key), undefined), 403, 'notYours'));
  it.each(['verification', 'claim', 'resend'] as const)('does not get at a verification (%s)', async (endpoint) => {
    const { verification, secret } = await alice.askForSecret(reservedNumber(endpoint === 'claim' ? 104 : 105));
    const url = alice.directory.url(endpoint, { id: verification.id });
    const payload = { verification: undefined, claim: { secret }, resend: {} }[endpoint];
    await refused(() => mallorySender.send(url, payload), 404, 'verificationUnknown');
    expect((await alice.registration.read(verification.id)).status).toBe('pending');
  });
});

describe('a request', () => {
  const reading = (url: string, bend: Bend) => () => sender.send(url, undefined, bend);
  const api = () => world.callbook.addresses.api;
  const starting =
    (value: string, change: object = {}) =>
    () =>
      sender.send(alice.directory.url('startVerification'), {
        identifier: { type: 'tel', value },
        channel: 'sms',
        purpose: 'bind',
        ...change,
      });

  it('for a URL that is none of ours is not found', () => refused(reading(`${api()}/v1/nothing`, {}), 404, 'notFound'));
  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'with the method %s is not one of the binding',
    async (method) => {
      const answer = await refused(reading(bindingUrl(), { method, body: '' }), 405, 'methodNotAllowed');
      expect(answer.header('allow')).toBe('POST');
    },
  );
  it('with POST is not one of the directory', async () => {
    const answer = await refused(reading(`${api()}/directory`, { body: '{}' }), 405, 'methodNotAllowed');
    expect(answer.header('allow')).toBe('GET');
  });
  it.each([
    ['a traversal', '/v1/bindings/../../etc/passwd', 404],
    ['an encoded traversal', '/v1/bindings/..%2f..%2fetc%2fpasswd', 400],
    ['a broken escape', '/v1/bindings/%zz', 400],
    ['an escape that is not UTF-8', '/v1/bindings/tel:%ff', 400],
    ['a NUL', '/v1/bindings/tel:%00', 400],
    ['spaces in the number', '/v1/bindings/tel:+44%207700%20900100', 400],
    ['a parameter', '/v1/bindings/tel:+447700900100;ext=1', 400],
    ['no plus sign', '/v1/bindings/tel:447700900100', 400],
    ['Arabic digits', `/v1/bindings/${encodeURIComponent('tel:+٤٤٧٧٠٠٩٠٠١٠٠')}`, 400],
    ['10,000 characters', `/v1/bindings/tel:+${'4'.repeat(10_000)}`, undefined],
    ['a prototype', '/v1/bindings/__proto__', 400],
    ['a verification that is none', '/v1/verifications/1', 400],
  ])('whose path holds %s is refused', async (_, path, status) => {
    const answer = await sender.send(api() + path, undefined);
    expect(answer.status).toBe(status ?? answer.status);
    expect([400, 404, 413, 414, 431]).toContain(answer.status);
    expect(answer.code).toBeTypeOf('string');
  });
  it.each([
    ['a number without its plus sign', '447700900110', 'numberMalformed'],
    ['a national number', '07700900110', 'numberMalformed'],
    ['an international prefix', '00447700900110', 'numberMalformed'],
    ['Arabic digits', '+٤٤٧٧٠٠٩٠٠١١٠', 'numberMalformed'],
    ['an extension', '+447700900110;ext=1', 'numberMalformed'],
    ['a number that cannot be', '+44770090011012', 'numberImpossible'],
    ['nothing', '', 'requestMalformed'],
    ['HTML', '<b>+447700900110</b>', 'numberMalformed'],
  ])('to verify %s is refused', async (_, value, code) => {
    await refused(starting(value), 400, code);
  });
  it('to verify by a channel that we do not have is refused', () =>
    refused(starting(reservedNumber(110), { channel: 'pigeon' }), 400, 'requestMalformed'));
  it('to verify with a key that signs is refused when there is none to seal to', () =>
    refused(starting(reservedNumber(110)), 400, 'encryptionKeyRequired'));
  it('with a member that we do not know is refused', () =>
    refused(starting(reservedNumber(110), { lang: 'en' }), 400, 'requestMalformed'));
  it('that should read, and writes, is refused', () =>
    refused(() => sender.send(alice.directory.accountUrl(alice.key), { contacts: [] }), 400, 'requestMalformed'));
  it('to claim with a secret that cannot be one is refused, and takes no attempt', async () => {
    const { verification } = await alice.askForSecret(reservedNumber(106));
    const url = alice.directory.url('claim', { id: verification.id });
    for (const secret of ['', 'ä', 'x'.repeat(65), 5, null])
      await refused(() => sender.send(url, { secret }), 400, 'requestMalformed');
    expect((await alice.registration.read(verification.id)).attemptsLeft).toBe(5);
  });
  it.each<[string, number, string, (jwk: object) => object]>([
    ['with its private part', 400, 'keyWeak', (jwk) => ({ ...jwk, d: alice.key.signing.privateJwk.d })],
    ['that cannot sign', 403, 'signatureInvalid', () => publicJwkOf({ ...alice.key, signing: alice.key.encryption })],
    ['of a low order', 400, 'keyWeak', (jwk) => ({ ...jwk, x: Buffer.alloc(32).toString('base64url') })],
    ['of another curve', 400, 'keyUnsupported', (jwk) => ({ ...jwk, crv: 'Ed448' })],
    ['without a type', 400, 'jwsMalformed', () => ({ kty: 'none' })],
    ['that is not the one that signed', 403, 'signatureInvalid', () => publicJwkOf(generateAccountKey())],
  ])('for an account of a key %s is refused', async (_, status, code, change) => {
    const accounts = async () => (await database.query('SELECT count(*) FROM identity.accounts')).rows;
    const before = await accounts();
    const header = { kid: undefined, jwk: change(publicJwkOf(alice.key)) };
    await refused(() => sender.send(alice.directory.url('newAccount'), {}, { header }), status, code);
    expect(await accounts()).toEqual(before);
  });
  it('for an account with kid is refused', () =>
    refused(() => sender.send(alice.directory.url('newAccount'), {}), 400, 'jwsMalformed'));
  it.each([
    ['unsigned', undefined],
    [
      'signed by another',
      `Bearer ${['{"alg":"HS256"}', '{"iat":1}', 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.')}`,
    ],
  ])('to the webhook, %s, is refused', async (_, authorization) => {
    const response = await world.fetch(`${api()}/hooks/vonage/status`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: '{}',
    });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('webhookUnsigned');
  });
});

const tally = (codes: readonly string[]) =>
  codes.reduce<Record<string, number>>((counts, code) => ({ ...counts, [code]: (counts[code] ?? 0) + 1 }), {});

describe('a secret', () => {
  const wrong = () => randomBytes(16).toString('base64url');
  const outcome = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'valid',
      (error: unknown) => {
        if (error instanceof RefusedError) return error.code;
        throw error;
      },
    );

  it('that is wrong five times ends the session, and the right one then comes too late', async () => {
    const { verification, secret } = await mallory.askForSecret(reservedNumber(120));
    for (const left of [4, 3, 2, 1, 0]) {
      expect(await outcome(mallory.registration.claim(verification.id, wrong()))).toBe('secretWrong');
      expect((await mallory.registration.read(verification.id)).attemptsLeft).toBe(left);
    }
    expect(await outcome(mallory.registration.claim(verification.id, secret))).toBe('verificationClosed');
    expect(await mallory.registration.read(verification.id)).toMatchObject({ status: 'invalid', attemptsLeft: 0 });
    expect(await outcome(mallory.registration.resend(verification.id))).toBe('verificationClosed');
  });

  it('guessed 200 times at once is counted exactly', async () => {
    const { verification, secret } = await mallory.askForSecret(reservedNumber(121));
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () => outcome(mallory.registration.claim(verification.id, wrong()))),
    );
    expect(tally(outcomes)).toEqual({ secretWrong: 5, verificationClosed: 195 });
    expect(await outcome(mallory.registration.claim(verification.id, secret))).toBe('verificationClosed');
  });

  it('that is right works once, however many bring it at once', async () => {
    const { verification, secret } = await mallory.askForSecret(reservedNumber(122));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => outcome(mallory.registration.claim(verification.id, secret))),
    );
    expect(tally(outcomes)).toEqual({ valid: 1, verificationClosed: 19 });
    expect(await outcome(mallory.registration.claim(verification.id, secret))).toBe('verificationClosed');
  });

  it('of one verification does not open another of the same number', async () => {
    const first = await mallory.askForSecret(reservedNumber(123));
    const second = await mallory.askForSecret(reservedNumber(123));
    expect(await outcome(mallory.registration.claim(first.verification.id, first.secret))).toBe('verificationClosed');
    expect(await outcome(mallory.registration.claim(second.verification.id, first.secret))).toBe('secretWrong');
    expect(await outcome(mallory.registration.claim(second.verification.id, second.secret))).toBe('valid');
  });

  it('comes too late when the session has expired', async () => {
    await sleep(Math.max(0, sessions.startedAt + lifetime.verification + 500 - Date.now()));
    const { verification, secret } = sessions.expiring;
    expect(await outcome(mallory.registration.claim(verification.id, secret))).toBe('verificationExpired');
    expect((await mallory.registration.read(verification.id)).status).toBe('invalid');
  });
});

describe('after all of this', () => {
  it('the zone differs by nothing but what was published honestly', async () => {
    // Whatever was taken before this statement is in the zone when this is.
    const bob = await world.person();
    await bob.register(reservedNumber(130), sip('sip:bob@example.net'));
    const node = nodeOf(parseE164(reservedNumber(130)), suffix);
    const others = (records: readonly string[]) =>
      records.filter(
        (text) => ![node, keyOwner(node)].some((name) => text.startsWith(name.toString())) && !/\bSOA\b/.test(text),
      );
    expect(others(await zone())).toEqual(others(zoneBefore));
  });

  it('every answer keeps to the OpenAPI document', async () => {
    const { description } = await world.directory();
    const check = contractOf(JSON.parse(await (await world.fetch(description.openapi)).text()) as never);
    const answers = seen.filter(({ path }) => path !== '/openapi.json');
    expect(answers.length).toBeGreaterThan(400);
    expect([...new Set(answers.map(check))]).toEqual([undefined]);
  });
});

/** What a server would take that verifies a MAC with the public key as its secret. */
function macByPublicKey({ protected: header, payload }: { protected: string; payload: string }) {
  const secret = JSON.stringify(publicJwkOf(alice.key));
  return {
    protected: header,
    payload,
    signature: createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url'),
  };
}
