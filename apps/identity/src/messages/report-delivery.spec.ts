import { describe, expect, it } from 'vitest';
import { readReport } from './report-delivery.js';

/** A status webhook v1 of the Messages API, in the shape that Vonage documents. */
const webhook = {
  message_uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
  to: '447700900123',
  from: 'Callbook',
  timestamp: '2026-11-25T08:00:00Z',
  status: 'delivered',
  channel: 'sms',
  client_ref: '5f0c2d2e-8d43-4c58-9b1f-0d9c6ad4f5a1',
  usage: { currency: 'EUR', price: '0.0333' },
};
const codeOf = (body: string) => {
  try {
    readReport(body);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'read';
};

describe('a status webhook', () => {
  it('is read by our own reference', () => {
    expect(readReport(JSON.stringify(webhook))).toEqual({
      messageId: webhook.client_ref,
      status: 'delivered',
      at: webhook.timestamp,
    });
  });

  it.each([
    ['a status that is none of an SMS', { status: 'read' }],
    ['a reference that is none of ours', { client_ref: 'someone else’s' }],
    ['no reference', { client_ref: undefined }],
  ])('says nothing with %s', (_, change) => {
    expect(readReport(JSON.stringify({ ...webhook, ...change }))).toBeUndefined();
  });

  it.each(['', 'null', '[]', '{', '{"status":1}', '"delivered"'])('is malformed when it is %j', (body) => {
    expect(codeOf(body)).toBe('REQUEST_MALFORMED');
  });
});
