import { ConfigError, readConfig } from '@callbook/process';
import { expect, it } from 'vitest';
import { IdentityConfig } from './config.js';

const env = {
  CALLBOOK_NATS_URL: 'nats://127.0.0.1:4222',
  CALLBOOK_NATS_USER: 'identity',
  CALLBOOK_NATS_PASSWORD: 'x',
  CALLBOOK_HEALTH_PORT: '9101',
  CALLBOOK_DATABASE_URL: 'postgresql://identity:x@127.0.0.1:5432/callbook?schema=identity',
  CALLBOOK_REDIS_URL: 'redis://127.0.0.1:6379',
  CALLBOOK_KEY_ENCRYPTION_KEY: 'A'.repeat(43),
  CALLBOOK_DIRECTORY_NAME: 'callbook.example',
  CALLBOOK_VONAGE_API_KEY: 'abcd1234',
  CALLBOOK_VONAGE_API_SECRET: 'x',
  CALLBOOK_VONAGE_SIGNATURE_SECRET: 'a signature secret',
  CALLBOOK_VONAGE_SENDER: 'Callbook',
  CALLBOOK_VONAGE_WEBHOOK_URL: 'https://callbook.example/hooks/vonage/status',
};
const mistake = (change: Record<string, string | undefined>) => {
  try {
    readConfig(IdentityConfig, { ...env, ...change });
  } catch (error) {
    return error instanceof ConfigError ? error.message : error;
  }
  return 'none';
};

it('is complete with an address of each server, a key and an account with the provider', () => {
  expect(readConfig(IdentityConfig, env)).toMatchObject({
    verificationLifetime: 900_000,
    resendAfter: 30_000,
    attempts: 5,
    attestationLifetime: 30 * 86_400_000,
  });
});

it.each([
  ['no credentials', { CALLBOOK_VONAGE_API_SECRET: undefined }, /VONAGE_APPLICATION_ID/],
  ['half an application', { CALLBOOK_VONAGE_API_KEY: undefined, CALLBOOK_VONAGE_APPLICATION_ID: 'x' }, /VONAGE_/],
  ['a final dot', { CALLBOOK_DIRECTORY_NAME: 'callbook.example.' }, /DIRECTORY_NAME/],
  ['a sender of twelve letters', { CALLBOOK_VONAGE_SENDER: 'CallbookName' }, /VONAGE_SENDER/],
  ['resending after the end', { CALLBOOK_RESEND_AFTER: '15m' }, /RESEND_AFTER/],
  ['a name that is none of ours', { CALLBOOK_VONAGE_URL: 'http://127.0.0.1' }, /CALLBOOK_VONAGE_URL: no such setting/],
  ['a short key', { CALLBOOK_KEY_ENCRYPTION_KEY: 'AAAA' }, /KEY_ENCRYPTION_KEY/],
])('refuses %s', (_, change, message) => {
  expect(mistake(change)).toMatch(message);
});
