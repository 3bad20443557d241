// Longer than most: every story here happens in one world, and a world takes ten seconds to start.
import {
  AttestationClaims,
  attestationType,
  CountersignatureClaims,
  countersignatureType,
  Jwks,
} from '@callbook/contracts';
import { Name, RRType, soa } from '@callbook/dns';
import { validate } from '@callbook/dnssec';
import { nodeOf, parseE164 } from '@callbook/enum';
import { keyOwner } from '@callbook/keys';
import { anchorsOf, dnsExchange, RefusedError, signRequest, type AccountKind } from '@callbook/sdk';
import { createLocalJWKSet, flattenedVerify, importJWK, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber, sip, startWorld, type Person, type World } from '../harness/world.js';
import { suffix } from './dns-packets.js';
import { contractOf, observed, type Exchanged } from './open-api.js';

const seen: Exchanged[] = [];
let world: World;
beforeAll(async () => {
  world = await startWorld({
    lookups: 2,
    settings: { identity: { CALLBOOK_RESEND_AFTER: '1s' } },
    through: observed(seen),
  });
});
afterAll(() => world?.stop());

const replicas = [0, 1];
const spkis = (keys: readonly { spki: Uint8Array }[]) =>
  keys.map(({ spki }) => Buffer.from(spki).toString('hex')).sort();
const publishedKeysOf = ({ key: { signing, encryption } }: Person) =>
  spkis([...new Set([signing.publicKey, encryption.publicKey])]);

/** What every replica says of a number; the same, or the test fails. */
async function found(number: string) {
  const [first, second] = await Promise.all(replicas.map((replica) => world.lookup(number, replica)));
  expect(second).toEqual(first);
  return first!;
}

const verdicts = (number: string, type: number, prefixed = false) => {
  const node = nodeOf(parseE164(number), suffix);
  return Promise.all(
    world.callbook.addresses.dns.map((server) =>
      validate(
        { name: prefixed ? keyOwner(node) : node, type, class: 1 },
        { exchange: dnsExchange(server), anchors: world.anchors, now: Math.floor(Date.now() / 1_000) },
      ),
    ),
  );
};

async function servedSerial(replica: number): Promise<number> {
  const apex = Name.parse('callbook.example.');
  const reply = await dnsExchange(world.callbook.addresses.dns[replica]!)({ name: apex, type: RRType.SOA, class: 1 });
  return soa.read(reply.answers.find(({ type }) => type === RRType.SOA)!.rdata).serial;
}

const refusal = (attempt: Promise<unknown>): Promise<RefusedError> =>
  attempt.then(
    () => expect.fail('it was taken'),
    (error: unknown) => {
      if (error instanceof RefusedError) return error;
      throw error;
    },
  );

describe.each([
  { kind: 'ed25519', number: reservedNumber(1), segments: 1 },
  { kind: 'p256', number: reservedNumber(2), segments: 1 },
  // RSA-OAEP makes 384 octets of the secret (3072 bits): four parts of 153 characters.
  { kind: 'rsa', number: reservedNumber(3), segments: 4 },
] as const satisfies readonly { kind: AccountKind; number: string; segments: number }[])(
  'someone with an account of kind $kind',
  ({ kind, number, segments }) => {
    let person: Person;
    let attestation: string;
    beforeAll(async () => {
      person = await world.person(kind);
    });

    it('finds the same account again', async () => {
      const again = await person.registration.openAccount();
      expect(again).toMatchObject({ id: person.key.id, created: false });
    });

    it(`proves a number by a text message of ${segments} part${segments > 1 ? 's' : ''} and sees that it was delivered`, async () => {
      const { verification, message, secret } = await person.askForSecret(number);
      expect(verification).toMatchObject({ status: 'pending', identifier: `tel:${number}`, attemptsLeft: 5 });
      expect(message).toMatchObject({ segments, encoding: 'gsm7' });
      if (segments === 1) expect(message.text.length).toBeLessThanOrEqual(160);

      await expect
        .poll(async () => (await person.registration.read(verification.id)).delivery, { timeout: 10_000 })
        .toBe('delivered');
      const claimed = await person.registration.claim(verification.id, secret);
      expect(claimed.status).toBe('valid');
      attestation = claimed.attestation!;
      expect((await person.registration.read(verification.id)).attestation).toBe(attestation);
    });

    it('holds an attestation that verifies with the keys of the directory', async () => {
      const { payload } = await jwtVerify(attestation, await keysOfDirectory(), {
        algorithms: ['EdDSA'],
        typ: attestationType,
        issuer: 'callbook.example',
        subject: `tel:${number}`,
      });
      expect(AttestationClaims.parse(payload)).toMatchObject({ account: person.key.id, method: 'sms', sealed: true });
    });

    it('publishes, and is found on every replica with routes and keys, validated', async () => {
      expect(await found(number)).toEqual({ status: 'not-found' });
      const published = await person.registration.publish(`tel:${number}`, sip('sip:first@example.net'), {
        attestation,
        wait: 10,
      });
      expect(published.sequence).toBe(1);
      for (const replica of replicas)
        expect(await servedSerial(replica)).toBeGreaterThanOrEqual(published.servedSince!);

      const result = await found(number);
      if (result.status !== 'secure') expect.fail(result.status);
      expect(result.routes).toEqual([{ service: 'E2U+sip', uri: 'sip:first@example.net', order: 100, preference: 10 }]);
      expect(spkis(result.keys)).toEqual(publishedKeysOf(person));
    });

    it('gets back the very octets that were signed, and a countersignature over them', async () => {
      const url = person.directory.url('binding', { identifier: `tel:${number}` });
      const sent = seen.findLast(
        ({ path, requestBody }) =>
          url.endsWith(path) && (JSON.parse(requestBody ?? '{}') as { payload: string }).payload !== '',
      )!;
      const binding = (await person.registration.published(`tel:${number}`))!;
      expect(binding.proof).toEqual(JSON.parse(sent.requestBody!));

      const octets = Buffer.from(binding.proof.payload, 'base64url');
      const hash = createHash('sha256').update(octets).digest('base64url');
      expect(binding.hash).toBe(hash);
      expect(binding.statement).toMatchObject(JSON.parse(octets.toString('utf8')) as object);
      await flattenedVerify(
        binding.proof,
        await importJWK(person.key.signing.privateJwk && publicOf(person), person.key.algorithm),
      );

      const { payload } = await jwtVerify(binding.attestation, await keysOfDirectory(), {
        algorithms: ['EdDSA'],
        typ: countersignatureType,
        issuer: 'callbook.example',
        subject: `tel:${number}`,
      });
      expect(CountersignatureClaims.parse(payload)).toMatchObject({
        account: person.key.id,
        sequence: 1,
        statement: hash,
        method: 'sms',
      });
    });

    it('moves to another SIP provider with one update', async () => {
      await person.registration.publish(`tel:${number}`, sip('sip:second@example.org'), { wait: 10 });
      const result = await found(number);
      if (result.status !== 'secure') expect.fail(result.status);
      expect(result.routes.map(({ uri }) => uri)).toEqual(['sip:second@example.org']);
    });

    it('empties the binding: that the names are gone is proved', async () => {
      const emptied = await person.registration.publish(`tel:${number}`, { routes: [], keys: false }, { wait: 10 });
      expect(emptied.sequence).toBe(3);
      expect(await found(number)).toEqual({ status: 'not-found' });
      for (const type of [RRType.NAPTR, RRType.SMIMEA])
        for (const verdict of await verdicts(number, type, type === RRType.SMIMEA))
          expect(verdict).toMatchObject({ status: 'secure', kind: 'nxdomain' });
    });

    it('publishes several routes, in order, without another proof of the number', async () => {
      const routes = [
        { service: 'E2U+web:https', uri: 'https://example.org/me?a=1&b=2', order: 200, preference: 10 },
        { service: 'E2U+sip', uri: 'sip:home@example.net', order: 100, preference: 20 },
        { service: 'E2U+sip', uri: 'sip:mobile@example.net', order: 100, preference: 10 },
        { service: 'E2U+email:mailto', uri: 'mailto:me@example.org', order: 200, preference: 20 },
      ];
      await person.registration.publish(`tel:${number}`, { routes, ttl: 60 }, { wait: 10 });
      const result = await found(number);
      if (result.status !== 'secure') expect.fail(result.status);
      expect(result.routes.map(({ uri }) => uri)).toEqual([
        'sip:mobile@example.net',
        'sip:home@example.net',
        'https://example.org/me?a=1&b=2',
        'mailto:me@example.org',
      ]);
      expect(spkis(result.keys)).toEqual(publishedKeysOf(person));
    });
  },
);

const publicOf = ({ key }: Person) => {
  const { kty, crv, x, y, n, e } = key.signing.privateJwk;
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as object;
};

async function keysOfDirectory() {
  const { description } = await world.directory();
  const response = await world.fetch(description.keys);
  return createLocalJWKSet(Jwks.parse(JSON.parse(await response.text())) as Parameters<typeof createLocalJWKSet>[0]);
}

describe('as many routes as a statement may have', () => {
  it('are found, over TCP where they do not fit UDP', async () => {
    const person = await world.person();
    const routes = Array.from({ length: 16 }, (_, index) => ({
      service: 'E2U+sip',
      uri: `sip:${String(index).padStart(2, '0')}${'x'.repeat(150)}@example.net`,
      order: 100,
      preference: index,
    }));
    await person.register(reservedNumber(4), { routes });
    const result = await found(reservedNumber(4));
    if (result.status !== 'secure') expect.fail(result.status);
    expect(result.routes.map(({ uri }) => uri)).toEqual(routes.map(({ uri }) => uri));
  });
});

describe('a message that did not come', () => {
  it('is sent again after a while, with another secret; the one before is worth nothing', async () => {
    const person = await world.person();
    const number = reservedNumber(5);
    const first = await person.askForSecret(number);
    const tooSoon = await refusal(person.registration.resend(first.verification.id));
    expect(tooSoon.code).toBe('resendTooSoon');
    expect(tooSoon.problem.status).toBe(429);
    expect(tooSoon.retryAfter).toBe(1);

    await sleep(tooSoon.retryAfter! * 1_000);
    const after = await world.phones.position();
    await person.registration.resend(first.verification.id);
    const second = await world.phones.waitForMessage(number, { after });
    const secret = await person.registration.secretIn(second.text, first.verification);
    expect(secret).not.toBe(first.secret);

    expect((await refusal(person.registration.claim(first.verification.id, first.secret))).code).toBe('secretWrong');
    expect(await person.registration.claim(first.verification.id, secret)).toMatchObject({ status: 'valid' });
  });
});

describe('publishing', () => {
  it('answers at once without `Prefer: wait`, and is served soon after', async () => {
    const person = await world.person();
    const number = reservedNumber(6);
    const published = await person.register(number, sip('sip:soon@example.net'), 0);
    expect(published).not.toHaveProperty('servedSince');
    await expect.poll(async () => (await world.lookup(number, 1)).status, { timeout: 10_000 }).toBe('secure');
  });

  it('says that it waited, as it was asked to (RFC 7240)', async () => {
    const person = await world.person();
    const number = reservedNumber(7);
    const attestation = await person.verify(number);
    const statement = person.registration.nextStatement(
      `tel:${number}`,
      sip('sip:w@example.net'),
      undefined,
      attestation,
    );
    const before = seen.length;
    await person.registration.publishStatement(statement, 5);
    expect(seen.slice(before).at(-1)!.header('preference-applied')).toBe('wait=5');
  });

  it('answers a repeated statement as the first time', async () => {
    const person = await world.person();
    const number = reservedNumber(8);
    const attestation = await person.verify(number);
    const statement = person.registration.nextStatement(
      `tel:${number}`,
      sip('sip:r@example.net'),
      undefined,
      attestation,
    );
    const first = await person.registration.publishStatement(statement);
    const { servedSince, ...again } = await person.registration.publishStatement(statement, 10);
    expect(again).toEqual(first);
    expect(servedSince).toBeGreaterThan(0);
  });
});

describe('the directory', () => {
  it('links to everything, and every link answers', async () => {
    const { description } = await world.directory();
    expect(description.meta.name).toBe('callbook.example');
    expect(description.meta.zone).toMatchObject({
      apex: 'callbook.example.',
      suffixes: { tel: 'e164.callbook.example.' },
    });
    for (const url of [description.keys, description.openapi]) expect((await world.fetch(url)).status).toBe(200);
    const nonce = await world.fetch(description.newNonce, { method: 'HEAD' });
    expect(nonce.status).toBe(200);
    expect(nonce.headers.get('replay-nonce')).toMatch(/^[\w-]{20,}$/);
    expect(nonce.headers.get('cache-control')).toBe('no-store');
    for (const url of [description.newAccount, description.newVerification, description.bindings]) {
      const response = await world.fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/jose+json' },
        body: '{}',
      });
      expect(await response.text()).toContain('urn:callbook:error:jwsMalformed');
    }
  });

  it('gives trust anchors that hash to the DS records for the parent', async () => {
    const { anchors, ds } = (await world.directory()).description.meta.zone;
    expect(anchors.length).toBeGreaterThan(0);
    // A chain may begin at either: the DS leads to the same key.
    const result = await validate(
      { name: nodeOf(parseE164(reservedNumber(6)), suffix), type: RRType.NAPTR, class: 1 },
      {
        exchange: dnsExchange(world.callbook.addresses.dns[0]!),
        anchors: anchorsOf(ds),
        now: Math.floor(Date.now() / 1_000),
      },
    );
    expect(result).toMatchObject({ status: 'secure', kind: 'answer' });
  });

  it('refuses with problem documents, and points to the directory (RFC 9457, RFC 8555 §7.1)', async () => {
    const person = await world.person();
    const before = seen.length;
    const error = await refusal(person.registration.publish(`tel:${reservedNumber(9)}`, sip('sip:x@example.net')));
    expect(error.problem).toEqual({
      type: 'urn:callbook:error:identifierNotVerified',
      title: 'identifier not verified',
      status: 403,
      detail: expect.any(String) as string,
    });
    const answer = seen.slice(before).at(-1)!;
    expect(answer.status).toBe(403);
    expect(answer.header('content-type')).toMatch(/^application\/problem\+json\b/);
    expect(answer.header('replay-nonce')).toBeTruthy();
    expect(answer.header('link')).toBe(`<${world.callbook.addresses.api}/directory>;rel="index"`);
  });

  it('replaces a nonce that was refused, once', async () => {
    const person = await world.person();
    const { nonce } = await freshNonce();
    const url = person.directory.accountUrl(person.key);
    const jws = await signRequest(person.key, { url, nonce: `${nonce.slice(0, -1)}x`, payload: undefined, kid: url });
    const answer = await world.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jose+json' },
      body: JSON.stringify(jws),
    });
    expect(await answer.text()).toContain('urn:callbook:error:badNonce');
    const again = await signRequest(person.key, {
      url,
      nonce: answer.headers.get('replay-nonce')!,
      payload: undefined,
      kid: url,
    });
    const second = await world.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jose+json' },
      body: JSON.stringify(again),
    });
    expect(second.status).toBe(200);
  });

  async function freshNonce() {
    const { description } = await world.directory();
    const response = await world.fetch(description.newNonce, { method: 'HEAD' });
    return { nonce: response.headers.get('replay-nonce')! };
  }
});

describe('the OpenAPI document', () => {
  it('is served, and every answer in this file keeps to it', async () => {
    const { description } = await world.directory();
    const document = JSON.parse(await (await world.fetch(description.openapi)).text()) as Parameters<
      typeof contractOf
    >[0];
    expect(document.openapi).toBe('3.1.0');
    const check = contractOf(document);
    const answers = seen.filter(({ path }) => path !== '/openapi.json');
    expect(answers.length).toBeGreaterThan(100);
    expect([...new Set(answers.map(check))]).toEqual([undefined]);
  });

  it('would show an answer that does not keep to it', async () => {
    const { description } = await world.directory();
    const check = contractOf(JSON.parse(await (await world.fetch(description.openapi)).text()) as never);
    const account = seen.find(({ path, status }) => path === '/v1/accounts' && status === 201)!;
    expect(check(account)).toBeUndefined();
    expect(
      check({ ...account, body: JSON.stringify({ ...(JSON.parse(account.body) as object), id: 'short' }) }),
    ).toMatch(/\/id must match/);
    expect(check({ ...account, status: 418 })).toMatch(/not declared/);
    expect(check({ ...account, header: () => 'text/html' })).toMatch(/not declared/);
  });

  it('has a page for people', async () => {
    const page = await world.fetch(`${world.callbook.addresses.api}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
  });
});
