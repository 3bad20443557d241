import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { duration, flag, list, port, readConfig, secretKey, variableOf } from './config.js';

const Settings = z
  .strictObject({
    signatureValidity: duration().default(1_000),
    dnsPort: port(),
    key: secretKey().optional(),
    hosts: list().default([]),
    on: flag().default(false),
  })
  .refine(({ signatureValidity }) => signatureValidity > 0, 'signatureValidity must be more than nothing');

describe('a configuration', () => {
  it('is read from the variables with our prefix, and from no others', () => {
    const env = {
      CALLBOOK_DNS_PORT: '53',
      CALLBOOK_SIGNATURE_VALIDITY: '14d',
      CALLBOOK_HOSTS: 'a, b',
      CALLBOOK_ON: 'true',
      PATH: '/bin',
    };
    expect(readConfig(Settings, env)).toEqual({
      dnsPort: 53,
      signatureValidity: 14 * 86_400_000,
      hosts: ['a', 'b'],
      on: true,
    });
  });

  it('reads a secret from the file that a variable names', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'key');
    writeFileSync(path, `${Buffer.alloc(32, 7).toString('base64url')}\n`);
    expect(readConfig(Settings, { CALLBOOK_DNS_PORT: '53', CALLBOOK_KEY_FILE: path }).key).toEqual(
      new Uint8Array(32).fill(7),
    );
  });

  it('spells a setting and its variable one way', () => {
    expect(variableOf('signatureValidity')).toBe('CALLBOOK_SIGNATURE_VALIDITY');
  });

  it.each([
    ['a setting that is missing', {}, 'CALLBOOK_DNS_PORT'],
    [
      'a setting that nobody knows',
      { CALLBOOK_DNS_PORT: '53', CALLBOOK_DNS_PROT: '53' },
      'CALLBOOK_DNS_PROT: no such setting',
    ],
    ['a port that is none', { CALLBOOK_DNS_PORT: '70000' }, 'CALLBOOK_DNS_PORT: is not a port'],
    [
      'a duration without a unit',
      { CALLBOOK_DNS_PORT: '53', CALLBOOK_SIGNATURE_VALIDITY: '14' },
      'CALLBOOK_SIGNATURE_VALIDITY',
    ],
    [
      'a combination that cannot work',
      { CALLBOOK_DNS_PORT: '53', CALLBOOK_SIGNATURE_VALIDITY: '0s' },
      'more than nothing',
    ],
    ['a file that is not there', { CALLBOOK_DNS_PORT: '53', CALLBOOK_KEY_FILE: '/no/such/file' }, 'CALLBOOK_KEY_FILE'],
  ])('refuses %s, and names it', (_, env, message) => {
    expect(() => readConfig(Settings, env)).toThrow(message);
  });

  it('never says the value of what it refuses', () => {
    expect(() => readConfig(Settings, { CALLBOOK_DNS_PORT: '53', CALLBOOK_KEY: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});
