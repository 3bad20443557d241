import { KeyError } from '@callbook/keys';
import { describe, expect, it } from 'vitest';
import { CallbookError, callbookError, errorFromReply, errorReply, problemOf } from './errors.js';

describe('an error', () => {
  it('is shown as a problem document (RFC 9457)', () => {
    expect(problemOf(new CallbookError('SEQUENCE_CONFLICT', 'the next sequence is 4'))).toEqual({
      type: 'urn:callbook:error:sequenceConflict',
      title: 'sequence conflict',
      status: 409,
      detail: 'the next sequence is 4',
    });
  });

  it('that nobody foresaw says nothing about itself', () => {
    const problem = problemOf(new Error('password is hunter2'));
    expect(problem).toMatchObject({ type: 'urn:callbook:error:internal', status: 500 });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('of a pure library is the caller’s, unless it is about what we keep ourselves', () => {
    expect(callbookError(new KeyError('KEY_WEAK', 'short')).code).toBe('KEY_WEAK');
    expect(callbookError(new KeyError('AT_REST_BROKEN', 'does not open')).code).toBe('INTERNAL');
  });

  it('crosses NATS with its code, and its advice on trying again', () => {
    const error = new CallbookError('RATE_LIMITED', 'slowly', {
      retry: 'later',
      retryAfter: 30,
      cause: new Error('secret'),
    });
    expect(JSON.stringify(errorReply(error))).not.toContain('secret');
    expect(errorFromReply(errorReply(error))).toMatchObject({
      code: 'RATE_LIMITED',
      detail: 'slowly',
      retry: 'later',
      options: { retryAfter: 30 },
    });
  });

  it('of unknown cause may be tried again; one of ours only when it says so', () => {
    expect(callbookError(new Error()).retry).toBe('later');
    expect(new CallbookError('SECRET_WRONG', '').retry).toBe('never');
  });
});
