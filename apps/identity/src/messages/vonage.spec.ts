import { describe, expect, it } from 'vitest';
import { handoverOf } from './vonage.js';

const http = (status: number) => Object.assign(new Error('Request failed'), { response: { status, ok: false } });

describe('reading a failure of the provider', () => {
  it.each([429, 500, 503, 408])('%i: not taken, and may be later', (status) => {
    expect(handoverOf(http(status))).toEqual({ outcome: 'later', reason: `HTTP_${status}` });
  });

  it.each([400, 401, 402, 403, 404, 422])('%i: never', (status) => {
    expect(handoverOf(http(status))).toEqual({ outcome: 'refused', reason: `HTTP_${status}` });
  });

  it.each([502, 504])('%i is said by a proxy that does not know', (status) => {
    expect(handoverOf(http(status))).toMatchObject({ outcome: 'unknown' });
  });

  it('an answer of success that cannot be read leaves it open', () => {
    expect(handoverOf(http(202))).toMatchObject({ outcome: 'unknown' });
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])('%s: nothing was sent', (code) => {
    expect(handoverOf(Object.assign(new Error('failed'), { code }))).toEqual({ outcome: 'later', reason: code });
  });

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('%s: it may have arrived', (code) => {
    expect(handoverOf(Object.assign(new Error('failed'), { code }))).toEqual({ outcome: 'unknown', reason: code });
  });

  it('no answer in time leaves it open', () => {
    expect(handoverOf(Object.assign(new Error('aborted'), { name: 'AbortError' }))).toMatchObject({
      outcome: 'unknown',
    });
  });

  it('says nothing of what was sent', () => {
    const error = Object.assign(http(400), { config: { data: { to: '447700900123' } }, message: '447700900123' });
    expect(JSON.stringify(handoverOf(error))).not.toContain('7700');
  });
});
