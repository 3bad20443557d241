import type { BindingContent } from '@callbook/contracts';
import { Name, readZoneFile, rrsOf, textOf, writeZoneFile } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { rrsetsOfBinding, rulesOf, suffixesOf } from './rrsets-of-binding.js';

const zone = Name.parse('callbook.example');
const suffixes = suffixesOf({ zone, telSuffix: zone.prepend('e164') });

/** RFC 8410 §10.1: an Ed25519 public key in PEM, here in base64url. */
const ed25519 = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE';
const sip = { service: 'E2U+sip', uri: 'sip:alice@example.net', order: 100, preference: 10 };
const web = { service: 'E2U+web:https', uri: 'https://alice.example.net/', order: 100, preference: 20 };
const key = { use: 'identity' as const, format: 'spki' as const, value: ed25519 };

const content = (change: Partial<BindingContent>): BindingContent => ({
  identifier: 'tel:+447700900123',
  sequence: 1,
  hash: 'h',
  visibility: 'dns',
  routes: [sip],
  keys: [],
  ttl: 300,
  ...change,
});
const recordsOf = (change: Partial<BindingContent>) =>
  rrsetsOfBinding(content(change), suffixes)
    .flatMap((set) => rrsOf(set))
    .map(textOf);
const zoneText = (text: string) => readZoneFile(text, { origin: zone }).map(textOf);

describe('a binding in DNS', () => {
  it('of a number is NAPTR at its node and SMIMEA 3 1 0 below', () => {
    expect(recordsOf({ routes: [web, sip], keys: [key] })).toEqual(
      zoneText(`
3.2.1.0.0.9.0.0.7.7.4.4.e164 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .
3.2.1.0.0.9.0.0.7.7.4.4.e164 300 IN NAPTR 100 20 "u" "E2U+web:https" "!^.*$!https://alice.example.net/!" .
_smimecert.3.2.1.0.0.9.0.0.7.7.4.4.e164 300 IN SMIMEA 3 1 0 302A300506032B657003210019BF44096984CDFE8541BAC167DC3B96C85086AA30B6B6CB0C5C38AD703166E1
`),
    );
  });

  it('of a mail or SIP address stands under the hash of its local part (RFC 7929 §3)', () => {
    // printf alice | sha256sum | cut -c1-56
    expect(recordsOf({ identifier: 'mailto:alice@example.net', keys: [key], ttl: 60 })).toEqual(
      zoneText(`
$ORIGIN example.net.mail.callbook.example.
2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db._id 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .
2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db._smimecert 60 IN SMIMEA 3 1 0 302A300506032B657003210019BF44096984CDFE8541BAC167DC3B96C85086AA30B6B6CB0C5C38AD703166E1
`),
    );
    expect(recordsOf({ identifier: 'sip:alice@example.net' })[0]).toContain('._id.example.net.sip.callbook.example.');
  });

  it('without routes has no NAPTR, without keys no SMIMEA, and without both no name', () => {
    const types = (change: Partial<BindingContent>) =>
      rrsetsOfBinding(content(change), suffixes).map(({ type }) => type);
    expect(types({ routes: [], keys: [key] })).toEqual([53]);
    expect(types({ keys: [] })).toEqual([35]);
    expect(types({ routes: [], keys: [] })).toEqual([]);
  });

  it('is the same octets in whatever order routes came', () => {
    const text = (routes: BindingContent['routes']) =>
      writeZoneFile(rrsetsOfBinding(content({ routes }), suffixes).flatMap((set) => rrsOf(set)));
    expect(text([web, sip])).toBe(text([sip, web]));
  });

  it.each([
    ['a route that may not be published', { routes: [{ ...sip, uri: 'tel:+447700900124' }] }],
    ['a key that is none', { keys: [{ ...key, value: 'AAAA' }] }],
    ['an identifier that is none', { identifier: 'tel:123' }],
  ])('is refused with %s', (_, change) => {
    expect(() => recordsOf(change)).toThrow();
  });
});

it('is made anew when the rules say other names', () => {
  const moved = suffixesOf({ zone, telSuffix: zone.prepend('numbers') });
  expect(rulesOf(moved)).not.toBe(rulesOf(suffixes));
});
