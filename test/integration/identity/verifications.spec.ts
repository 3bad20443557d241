import { AttestationClaims, attestationType, type PublicJwk } from '@callbook/contracts';
import { generateKeyPair, jwkOf } from '@callbook/keys';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, directory, IdentityWorld, tally, type Holder } from './identity-world.js';

let world: IdentityWorld;
let holder: Holder;
beforeAll(async () => {
  world = await IdentityWorld.start({}, 2);
  holder = await world.newHolder();
});
afterAll(() => world?.stop());

let last = 100;
/** A reserved number that no other test here has used. */
const freshNumber = () => `+447700900${(last += 1)}`;
const claim = (by: Holder, id: string, secret: string) =>
  world.rpc['verification.claim']({ id, account: by.account, secret });
const wrong = () => randomBytes(16).toString('base64url');
const expire = (id: string) =>
  world.database.query(`UPDATE verifications SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);

describe('an account', () => {
  it('is made once for a key, however many ask at once', async () => {
    const key = { ...jwkOf(generateKeyPair('p256').publicKey) };
    const opened = await Promise.all(Array.from({ length: 20 }, () => world.rpc['account.open']({ key })));
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    expect(opened.filter(({ created }) => created)).toHaveLength(1);
    expect((await world.rpc['account.key']({ account: opened[0]!.id })).key).toMatchObject({ kty: 'EC' });
  });

  it('keeps nothing of a key but its public members', async () => {
    const { publicKey } = generateKeyPair('ed25519');
    const { id } = await world.rpc['account.open']({ key: { ...jwkOf(publicKey), kid: 'mine', note: 'x' } });
    expect((await world.rpc['account.key']({ account: id })).key).toEqual({ ...jwkOf(publicKey) });
  });

  it('cannot have a key that does not sign', async () => {
    const key = { ...jwkOf(generateKeyPair('x25519').publicKey) };
    expect(await codeOf(world.rpc['account.open']({ key }))).toBe('KEY_UNSUPPORTED');
    expect(await codeOf(world.rpc['account.key']({ account: 'A'.repeat(43) }))).toBe('ACCOUNT_UNKNOWN');
  });
});

describe('proving a number', () => {
  it('sends one sealed SMS, and attests who opened it', async () => {
    const number = '+447700900123';
    const started = await world.start(holder, number);
    expect(started).toMatchObject({
      status: 'pending',
      delivery: 'queued',
      attemptsLeft: 5,
      identifier: `tel:${number}`,
    });
    const secret = await world.secretOf(holder, started);
    await world.untilDelivery(holder, started.id, 'delivered');

    const claimed = await claim(holder, started.id, secret);
    expect(claimed.status).toBe('valid');
    const jwks = await world.rpc['attestation.keys']({});
    const { payload, protectedHeader } = await jwtVerify(
      claimed.attestation!,
      createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]),
      { algorithms: ['EdDSA'], typ: attestationType, issuer: directory, subject: `tel:${number}` },
    );
    expect(protectedHeader.kid).toBe(jwks.keys[0]!['kid']);
    const claims = AttestationClaims.parse(payload);
    expect(claims).toMatchObject({ account: holder.account, method: 'sms', sealed: true, jti: started.id });
    expect(claims.exp - claims.iat).toBe(30 * 86_400);

    const read = await world.rpc['verification.read']({ id: started.id, account: holder.account });
    expect(read.attestation).toBe(claimed.attestation);
    expect(await world.sandbox.messagesTo(number)).toMatchObject([
      { from: 'Callbook', encoding: 'gsm7', segments: 1, text: expect.stringContaining(directory) as string },
    ]);
  });

  it('takes one of many right claims at once', async () => {
    const started = await world.start(holder, freshNumber());
    const secret = await world.secretOf(holder, started);
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(claim(holder, started.id, secret))));
    expect(tally(codes)).toEqual({ ok: 1, VERIFICATION_CLOSED: 49 });
  });

  it('takes as many wrong secrets as there are attempts, of 200 at once', async () => {
    const started = await world.start(holder, freshNumber());
    const codes = await Promise.all(Array.from({ length: 200 }, () => codeOf(claim(holder, started.id, wrong()))));
    expect(tally(codes)).toEqual({ SECRET_WRONG: 5, VERIFICATION_CLOSED: 195 });
    const secret = await world.secretOf(holder, started);
    expect(await codeOf(claim(holder, started.id, secret))).toBe('VERIFICATION_CLOSED');
    const read = await world.rpc['verification.read']({ id: started.id, account: holder.account });
    expect(read).toMatchObject({ status: 'invalid', attemptsLeft: 0 });
    expect(read.attestation).toBeUndefined();
  });

  it('has one winner at most when right and wrong secrets come at once', async () => {
    const started = await world.start(holder, freshNumber());
    const secret = await world.secretOf(holder, started);
    const guesses = Array.from({ length: 40 }, (_, index) => (index % 4 === 3 ? secret : wrong()));
    const counts = tally(await Promise.all(guesses.map((guess) => codeOf(claim(holder, started.id, guess)))));
    expect(counts['ok'] ?? 0).toBeLessThanOrEqual(1);
    expect(counts['SECRET_WRONG'] ?? 0).toBeLessThanOrEqual(5);
    const { status } = await world.rpc['verification.read']({ id: started.id, account: holder.account });
    expect(status).toBe(counts['ok'] === 1 ? 'valid' : 'invalid');
  });

  it('takes the right secret at the last attempt', async () => {
    const started = await world.start(holder, freshNumber());
    const secret = await world.secretOf(holder, started);
    for (let attempt = 0; attempt < 4; attempt += 1)
      expect(await codeOf(claim(holder, started.id, wrong()))).toBe('SECRET_WRONG');
    expect(await codeOf(claim(holder, started.id, secret))).toBe('ok');
  });

  it('ends when its time has come', async () => {
    const started = await world.start(holder, freshNumber());
    const secret = await world.secretOf(holder, started);
    await expire(started.id);
    expect(await codeOf(claim(holder, started.id, secret))).toBe('VERIFICATION_EXPIRED');
    expect(await codeOf(claim(holder, started.id, wrong()))).toBe('VERIFICATION_EXPIRED');
    const read = await world.rpc['verification.read']({ id: started.id, account: holder.account });
    expect(read).toMatchObject({ status: 'invalid', attemptsLeft: 5 });
  });

  it('is of no use to another account, which is told nothing', async () => {
    const started = await world.start(holder, freshNumber());
    const secret = await world.secretOf(holder, started);
    const other = await world.newHolder();
    const { id } = started;
    const { account } = other;
    const unknown = await world.rpc['verification.read']({ id: randomUUID(), account }).catch(
      (error: unknown) => error,
    );
    const foreign = await world.rpc['verification.read']({ id, account }).catch((error: unknown) => error);
    expect(String(foreign)).toBe(String(unknown));
    expect(await codeOf(claim(other, id, secret))).toBe('VERIFICATION_UNKNOWN');
    expect(await codeOf(world.rpc['verification.resend']({ id, account }))).toBe('VERIFICATION_UNKNOWN');
    expect(await codeOf(claim(holder, id, secret))).toBe('ok');
  });
});

describe('starting', () => {
  it('needs a key to which something can be sealed', async () => {
    const { account } = holder;
    const identifier = { type: 'tel', value: freshNumber() } as const;
    const start = (encryptionKey?: PublicJwk) =>
      codeOf(world.rpc['verification.start']({ account, identifier, ...(encryptionKey && { encryptionKey }) }));
    expect(await start()).toBe('ENCRYPTION_KEY_REQUIRED');
    expect(await start(holder.accountKey)).toBe('ENCRYPTION_KEY_REQUIRED');
    expect(await start({ kty: 'OKP', crv: 'X25519', x: 'AAAA' })).toBe('KEY_MALFORMED');
    expect(await start({ ...holder.encryptionKey, d: 'AAAA' })).toBe('KEY_WEAK');
  });

  it('takes the account’s own key where that can be sealed to', async () => {
    const { publicKey } = generateKeyPair('p256');
    const { id: account } = await world.rpc['account.open']({ key: { ...jwkOf(publicKey) } });
    const value = freshNumber();
    await world.rpc['verification.start']({ account, identifier: { type: 'tel', value } });
    expect(await world.messagesTo(value, 1)).toHaveLength(1);
  });

  it.each([
    ['07700900123', 'NUMBER_MALFORMED'],
    ['+44 7700 900123 45', 'NUMBER_IMPOSSIBLE'],
    ['+449098790123', 'CHANNEL_UNAVAILABLE'],
    ['+12025550123', 'ok'],
    ['+44 7700 900999', 'ok'],
  ])('%s: %s', async (number, code) => {
    expect(await codeOf(world.start(holder, number))).toBe(code);
  });

  it('is for numbers only, so far', async () => {
    const identifier = { type: 'mailto', value: 'alice@example.net' } as const;
    const { account, encryptionKey } = holder;
    expect(await codeOf(world.rpc['verification.start']({ account, identifier, encryptionKey }))).toBe(
      'CHANNEL_UNAVAILABLE',
    );
  });

  it('is for accounts only', async () => {
    expect(await codeOf(world.start({ ...holder, account: 'B'.repeat(43) }, freshNumber()))).toBe('ACCOUNT_UNKNOWN');
  });

  it('again closes what the same account had begun, and leaves others alone', async () => {
    const number = freshNumber();
    const other = await world.newHolder();
    const first = await world.start(holder, number);
    const firstSecret = await world.secretOf(holder, first);
    const foreign = await world.start(other, number);
    const foreignSecret = await world.secretOf(other, foreign, 2);
    const second = await world.start(holder, number);
    const secondSecret = await world.secretOf(holder, second, 3);
    expect(await codeOf(claim(holder, first.id, firstSecret))).toBe('VERIFICATION_CLOSED');
    expect(await codeOf(claim(holder, second.id, secondSecret))).toBe('ok');
    expect(await codeOf(claim(other, foreign.id, foreignSecret))).toBe('ok');
  });

  it('shows the same to whoever starts, whether or not the number is proved by another', async () => {
    const known = freshNumber();
    const proved = await world.start(holder, known);
    await claim(holder, proved.id, await world.secretOf(holder, proved));
    const other = await world.newHolder();
    const shape = ({
      id: _,
      identifier: __,
      expires: ___,
      resendAfter: ____,
      ...rest
    }: object & Awaited<ReturnType<typeof world.start>>) => rest;
    expect(shape(await world.start(other, known))).toEqual(shape(await world.start(other, freshNumber())));
  });

  it('happens five times an hour for one number, over all accounts at once', async () => {
    const number = freshNumber();
    const holders = await Promise.all(Array.from({ length: 10 }, () => world.newHolder()));
    const codes = await Promise.all([...holders, ...holders].map((each) => codeOf(world.start(each, number))));
    expect(tally(codes)).toEqual({ ok: 5, RATE_LIMITED: 15 });
    const error = await world.start(holder, number).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RATE_LIMITED' });
    const { retryAfter } = (error as { options: { retryAfter: number } }).options;
    expect(retryAfter).toBeGreaterThan(3_500);
    expect(retryAfter).toBeLessThanOrEqual(3_600);

    await world.database.query(
      `UPDATE verifications SET created_at = created_at - interval '1 hour' WHERE identifier = $1`,
      [`tel:${number}`],
    );
    expect(await codeOf(world.start(holder, number))).toBe('ok');
  });
});

describe('asking for another message', () => {
  const resend = (id: string) => world.rpc['verification.resend']({ id, account: holder.account });
  const later = (id: string) =>
    world.database.query(`UPDATE verifications SET resend_after = now() - interval '1 second' WHERE id = $1`, [id]);

  it('is too soon at first, and replaces the secret later', async () => {
    const started = await world.start(holder, freshNumber());
    const old = await world.secretOf(holder, started);
    expect(await codeOf(resend(started.id))).toBe('RESEND_TOO_SOON');
    await claim(holder, started.id, wrong()).catch(() => {});
    await later(started.id);
    const again = await resend(started.id);
    expect(again).toMatchObject({ id: started.id, status: 'pending', attemptsLeft: 4, delivery: 'queued' });
    const fresh = await world.secretOf(holder, started, 2);
    expect(fresh).not.toBe(old);
    expect(await codeOf(claim(holder, started.id, old))).toBe('SECRET_WRONG');
    expect(await codeOf(claim(holder, started.id, fresh))).toBe('ok');
    expect(await codeOf(resend(started.id))).toBe('VERIFICATION_CLOSED');
  });

  it('sends one message, of many asked for at once, and three in all', async () => {
    const number = freshNumber();
    const started = await world.start(holder, number);
    for (const sent of [2, 3]) {
      await later(started.id);
      const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(resend(started.id))));
      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      await world.messagesTo(number, sent);
    }
    await later(started.id);
    expect(await codeOf(resend(started.id))).toBe('RATE_LIMITED');
    expect(await world.sandbox.messagesTo(number)).toHaveLength(3);
  });

  it('is of no use after the end', async () => {
    const started = await world.start(holder, freshNumber());
    await later(started.id);
    await expire(started.id);
    expect(await codeOf(resend(started.id))).toBe('VERIFICATION_EXPIRED');
  });
});

describe('what is kept', () => {
  it('holds neither secret nor text once the message is out, and no private key', async () => {
    const started = await world.start(holder, freshNumber());
    const secret = await world.secretOf(holder, started);
    const [text] = await world.messagesTo(started.identifier.slice(4), 1);
    await world.untilDelivery(holder, started.id, 'delivered');
    const dump = await dumpOf('accounts', 'verifications', 'messages', 'attestation_keys');
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    expect(dump).not.toContain(text!.slice(-40));
    expect(dump).not.toMatch(/"d":/);
    const hashes = await world.database.query(
      'SELECT octet_length(secret_hash) AS size FROM verifications WHERE id = $1',
      [started.id],
    );
    expect(hashes.rows).toEqual([{ size: 32 }]);
    await claim(holder, started.id, secret);
    const after = await world.database.query('SELECT secret_hash FROM verifications WHERE id = $1', [started.id]);
    expect(after.rows).toEqual([{ secret_hash: null }]);
  });

  it('is deleted a day after it expired, and not before', async () => {
    const [old, recent] = [await world.start(holder, freshNumber()), await world.start(holder, freshNumber())];
    const age = (id: string, hours: number) =>
      world.database.query(`UPDATE verifications SET expires_at = now() - $2 * interval '1 hour' WHERE id = $1`, [
        id,
        hours,
      ]);
    await age(old.id, 24.1);
    await age(recent.id, 23.9);
    await expect
      .poll(async () => (await world.database.query('SELECT 1 FROM verifications WHERE id = $1', [old.id])).rowCount)
      .toBe(0);
    expect((await world.database.query('SELECT 1 FROM messages WHERE verification_id = $1', [old.id])).rowCount).toBe(
      0,
    );
    expect((await world.database.query('SELECT 1 FROM verifications WHERE id = $1', [recent.id])).rowCount).toBe(1);
  });

  it('is logged nowhere', async () => {
    const logs = world.replicas.map((replica) => replica.output()).join('');
    expect(logs).toContain('process.running');
    expect(logs).not.toMatch(/7700900|2025550/);
    expect(logs).not.toContain(holder.account);
    expect(logs).not.toContain('test account');
  });

  async function dumpOf(...tables: string[]): Promise<string> {
    const parts = await Promise.all(
      tables.map(async (table) => (await world.database.query(`SELECT t::text FROM ${table} t`)).rows),
    );
    return JSON.stringify(parts);
  }
});
