import { CallbookError } from '@callbook/contracts';
import { describe, expect, it } from 'vitest';
import { createLog, errorFields, scrub } from './log.js';

function lines() {
  const written: string[] = [];
  return { written, log: createLog('records', 'info', { write: (line: string) => void written.push(line) }) };
}

describe('a log line', () => {
  it('is JSON with its service, time, level, event and fields', () => {
    const { written, log } = lines();
    log.info('outbox.published', { messages: 3 });
    expect(JSON.parse(written[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/Z$/),
      service: 'records',
      msg: 'outbox.published',
      messages: 3,
    });
  });

  it.each([
    '+447700900123',
    '+44 7700 900123',
    'tel:+12025550123',
    '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.',
    'alice@example.net',
    'sip:alice@example.net',
    Buffer.alloc(32, 1).toString('base64url'),
  ])('never holds %s', (secret) => {
    const { written, log } = lines();
    log.error('failed', { why: `about ${secret}, sadly` });
    expect(written[0]).not.toContain(secret);
    expect(scrub(secret)).not.toContain(secret.slice(4));
  });

  it('keeps the random ids of our own', () => {
    expect(scrub('message 01234567-8901-4234-8901-234567890123 to +447700900123')).toBe(
      'message 01234567-8901-4234-8901-234567890123 to [redacted]',
    );
  });

  it('tells an error by its code and place, never by its message', () => {
    const fields = errorFields(new CallbookError('NOT_THE_HOLDER', 'tel:+447700900123 is held by another'));
    expect(fields['code']).toBe('NOT_THE_HOLDER');
    expect(JSON.stringify(fields)).not.toContain('7700');
  });

  it('tells an unknown error as INTERNAL, with its name', () => {
    expect(errorFields(new TypeError('+447700900123'))).toMatchObject({ code: 'INTERNAL', error: 'TypeError' });
    expect(errorFields('thrown text')).toMatchObject({ code: 'INTERNAL', error: 'string' });
  });
});
