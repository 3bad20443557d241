import { describe, expect, it } from 'vitest';
import { ended, requireOpen, requireResendable, secondsUntil, viewOf, type VerificationRow } from './verification.js';

const now = Date.parse('2026-11-25T08:00:00Z');
const minutes = (n: number) => n * 60_000;

const pending: VerificationRow = {
  id: '5f0c2d2e-8d43-4c58-9b1f-0d9c6ad4f5a1',
  account: 'A'.repeat(43),
  identifier: 'tel:+447700900123',
  channel: 'sms',
  purpose: 'bind',
  status: 'pending',
  encryptionKey: { kty: 'OKP' },
  secretHash: new Uint8Array(32),
  attemptsLeft: 5,
  messagesLeft: 2,
  createdAt: now,
  expiresAt: now + minutes(15),
  resendAfter: now + 30_000,
  delivery: 'queued',
};
const codeOf = (work: () => void) => {
  try {
    work();
  } catch (error) {
    return (error as { code: string; options: { retryAfter?: number } }).code;
  }
  return 'fine';
};

describe('a verification', () => {
  it('is open until the moment it expires', () => {
    expect(ended(pending, pending.expiresAt - 1)).toBeUndefined();
    expect(ended(pending, pending.expiresAt)).toBe('VERIFICATION_EXPIRED');
  });

  it('is closed once its attempts are spent, also after it has expired', () => {
    const spent = { ...pending, attemptsLeft: 0 };
    expect(ended(spent, now)).toBe('VERIFICATION_CLOSED');
    expect(ended(spent, now + minutes(20))).toBe('VERIFICATION_CLOSED');
  });

  it.each(['valid', 'closed'] as const)('takes no secret when it is %s', (status) => {
    expect(codeOf(() => requireOpen({ ...pending, status }, now))).toBe('VERIFICATION_CLOSED');
  });

  it('shows itself as invalid when expired, spent or replaced', () => {
    expect(viewOf(pending, now).status).toBe('pending');
    expect(viewOf(pending, now + minutes(15)).status).toBe('invalid');
    expect(viewOf({ ...pending, attemptsLeft: 0 }, now).status).toBe('invalid');
    expect(viewOf({ ...pending, status: 'closed' }, now).status).toBe('invalid');
  });

  it('stays valid after its time, with the attestation', () => {
    const valid = { ...pending, status: 'valid', attestation: 'a.b.c' } as const;
    expect(viewOf(valid, now + minutes(60))).toMatchObject({ status: 'valid', attestation: 'a.b.c' });
  });

  it('never shows the hash of its secret, its key or its account', () => {
    expect(Object.keys(viewOf(pending, now)).sort()).toEqual(
      ['attemptsLeft', 'channel', 'delivery', 'expires', 'id', 'identifier', 'purpose', 'resendAfter', 'status'].sort(),
    );
  });
});

describe('asking for another message', () => {
  it('is too soon until resendAfter', () => {
    expect(codeOf(() => requireResendable(pending, now))).toBe('RESEND_TOO_SOON');
    expect(codeOf(() => requireResendable(pending, now + 30_000))).toBe('fine');
  });

  it('says how long to wait, rounded up', () => {
    expect(secondsUntil(now + 1_001, now)).toBe(2);
    expect(secondsUntil(now - 1, now)).toBe(1);
  });

  it('is refused for good once all messages were sent', () => {
    expect(codeOf(() => requireResendable({ ...pending, messagesLeft: 0 }, now + minutes(1)))).toBe('RATE_LIMITED');
  });
});
