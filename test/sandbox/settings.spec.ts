import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

const least = {
  CALLBOOK_SANDBOX_PORT: '8080',
  CALLBOOK_SANDBOX_API_KEY: 'abcd1234',
  CALLBOOK_SANDBOX_API_SECRET: 'secret',
  CALLBOOK_SANDBOX_SIGNATURE_SECRET: '0123456789abcdef',
};

describe('settings of the sandbox', () => {
  it('are read from the environment, in which others have settings too', () => {
    expect(readSettings({ ...least, CALLBOOK_NATS_URL: 'nats://127.0.0.1:4222' })).toEqual({
      host: '127.0.0.1',
      port: 8080,
      apiKey: 'abcd1234',
      apiSecret: 'secret',
      signatureSecret: '0123456789abcdef',
    });
  });

  it.each([
    [{ CALLBOOK_SANDBOX_API_KYE: 'x' }, 'CALLBOOK_SANDBOX_API_KYE: no such setting'],
    [{ CALLBOOK_SANDBOX_PORT: '99999' }, 'CALLBOOK_SANDBOX_PORT: is not a port'],
    [{ CALLBOOK_SANDBOX_CA_FILE: '/nowhere/ca.pem' }, 'CALLBOOK_SANDBOX_CA_FILE: its file cannot be read'],
    [{ CALLBOOK_SANDBOX_APPLICATION_ID: 'x' }, 'CALLBOOK_SANDBOX_APPLICATION_ID: needs a public key'],
    [
      { CALLBOOK_SANDBOX_WEBHOOK_URL: 'ftp://example.net/' },
      'CALLBOOK_SANDBOX_WEBHOOK_URL: is not an http or https URL',
    ],
  ])('are refused with %j', (change, message) => {
    expect(() => readSettings({ ...least, ...change })).toThrow(message);
  });
});
