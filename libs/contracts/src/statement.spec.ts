import { describe, expect, it } from 'vitest';
import { readStatement, statementHash } from './statement.js';

const statement = {
  identifier: 'tel:+447700900123',
  sequence: 1,
  issuedAt: '2026-11-25T08:00:00Z',
  routes: [{ service: 'E2U+sip', uri: 'sip:alice@example.net' }],
  keys: [],
};
const octets = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

describe('a statement', () => {
  it('has the usual order, preference, time to live and visibility unless it says other', () => {
    expect(readStatement(octets(statement))).toEqual({
      ...statement,
      visibility: 'dns',
      ttl: 300,
      routes: [{ service: 'E2U+sip', uri: 'sip:alice@example.net', order: 100, preference: 10 }],
    });
  });

  it('is known by the hash of the octets that were signed, whatever they mean', () => {
    expect(statementHash(octets('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'); // FIPS 180-4, example for SHA-256
    expect(statementHash(octets('{ }'))).not.toBe(statementHash(octets('{}')));
  });

  it.each([
    ['not JSON', 'sip:alice@example.net'],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['a list', []],
    ['without a sequence', { ...statement, sequence: undefined }],
    ['with sequence 0', { ...statement, sequence: 0 }],
    ['with a sequence that JSON cannot hold', { ...statement, sequence: 2 ** 53 }],
    ['with something unknown', { ...statement, colour: 'red' }],
    ['with a number that is not canonical', { ...statement, identifier: 'tel:+44 7700 900123' }],
    ['with a local time', { ...statement, issuedAt: '2026-11-25T08:00:00+01:00' }],
    ['with too many routes', { ...statement, routes: Array(17).fill(statement.routes[0]) }],
    ['with a previous that is no hash', { ...statement, previous: 'x' }],
  ])('that is %s is refused', (_, value) => {
    expect(() => readStatement(value instanceof Uint8Array ? value : octets(value))).toThrow(
      expect.objectContaining({ code: 'STATEMENT_MALFORMED' }),
    );
  });
});
