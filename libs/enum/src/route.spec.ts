import { describe, expect, it } from 'vitest';
import { enumservices } from './enumservices.js';
import type { UriScheme } from './enumservices.js';
import { refusal } from './refusal.js';
import { checkRoute } from './route.js';

const route = (service: string, uri: string, order = 100, preference = 10) =>
  checkRoute({ service, uri, order, preference });

const good: Record<UriScheme, string[]> = {
  sip: [
    'sip:alice@example.net',
    'sip:example.net',
    'sip:alice@example.net:5061;transport=tls',
    'sip:+447700900123@example.net;user=phone',
    'sip:al%20ice;a=b@192.0.2.1',
    'sip:alice!x@[2001:db8::1]:5060',
    'SIP:alice@example.net',
  ],
  sips: ['sips:alice@example.net'],
  h323: ['h323:alice@example.net', 'h323:alice@example.net:1720;v=6'],
  iax: ['iax:example.net/alice', 'iax:alice@example.net:4569/12022?friends'],
  im: ['im:alice@example.net'],
  pres: ['pres:alice@example.net'],
  xmpp: ['xmpp:alice@example.net', 'xmpp:alice@example.net/home'],
  acct: ['acct:alice@example.net'],
  mailto: ['mailto:alice@example.net'],
  tel: ['tel:+447700900123', 'tel:+44-7700-900123', 'tel:+447700900123;ext=5'],
  http: ['http://www.example.net/alice?a=b#c'],
  https: ['https://example.net', 'https://[2001:db8::1]:8443/'],
  ftp: ['ftp://ftp.example.net/alice'],
};

describe.each(Object.keys(enumservices) as (keyof typeof enumservices)[])('%s', (service) => {
  const admitted: readonly UriScheme[] = enumservices[service];

  it('leads to URIs of its schemes', () => {
    for (const scheme of admitted)
      for (const uri of good[scheme]) expect(route(service, uri)).toEqual({ service, uri, order: 100, preference: 10 });
  });

  it('leads to no URI of another scheme', () => {
    for (const scheme of Object.keys(good) as UriScheme[])
      if (!admitted.includes(scheme))
        expect(refusal(() => route(service, good[scheme][0]!))).toBe('ROUTE_URI_MISMATCH');
  });
});

it.each(['E2U+SIP', 'e2u+sip', 'sip+E2U', 'E2U+sip+email:mailto', 'E2U', '', 'E2U+unknown', 'toString', '__proto__'])(
  'a service is not %j',
  (service) => expect(refusal(() => route(service, 'sip:alice@example.net'))).toBe('ROUTE_SERVICE_UNKNOWN'),
);

describe('a URI is refused', () => {
  it.each([
    ['without a scheme', 'alice@example.net'],
    ['that is empty', ''],
    ['of a scheme that no service has', 'javascript:alert(1)'],
    ['with a space', 'sip:al ice@example.net'],
    ['with a line feed', 'sip:alice@example.net\n'],
    ['with a NUL', 'sip:alice\0@example.net'],
    ['with a backslash', 'sip:al\\1ice@example.net'],
    ['with a quote', 'sip:"alice"@example.net'],
    ['with a bar', 'sip:al|ice@example.net'],
    ['beyond ASCII', 'sip:jörg@example.net'],
    ['with half an escape', 'sip:al%4gice@example.net'],
    ['with a password', 'sip:alice:secret@example.net'],
    ['with headers', 'sip:alice@example.net?Subject=hello'],
    ['with a method', 'sip:alice@example.net;method=BYE'],
    ['without a host', 'sip:alice@'],
    ['with two @', 'sip:alice@example.net@example.org'],
    ['with a port that is none', 'sip:alice@example.net:65536'],
    ['with a host that is none', 'sip:alice@-example.net'],
    ['with an address that is none', 'sip:alice@192.0.2.256'],
    ['with an empty parameter', 'sip:alice@example.net;;lr'],
  ])('%s', (_, uri) => {
    expect(refusal(() => route('E2U+sip', uri))).toBe('ROUTE_URI_MALFORMED');
  });

  it.each([
    ['E2U+email:mailto', 'mailto:alice@example.net?bcc=bob@example.net'],
    ['E2U+email:mailto', 'mailto:alice@example.net,bob@example.net'],
    ['E2U+email:mailto', 'mailto:alice%0Abob@example.net'],
    ['E2U+web:https', 'https://'],
    ['E2U+web:https', 'https:example.net'],
    ['E2U+web:https', 'https://alice:secret@example.net/'],
    ['E2U+web:https', 'https://@example.net/'],
    ['E2U+voice:tel', 'tel:07700900123'],
    ['E2U+voice:tel', 'tel:+44'.padEnd(24, '1')],
    ['E2U+xmpp', 'xmpp:example.net'],
    ['E2U+xmpp', 'xmpp:alice@example.net?message'],
  ])('%s to %s', (service, uri) => {
    expect(refusal(() => route(service, uri))).toBe('ROUTE_URI_MALFORMED');
  });
});

describe('order and preference', () => {
  it('are 16 bits', () => {
    expect(route('E2U+sip', 'sip:alice@example.net', 0, 65_535)).toMatchObject({ order: 0, preference: 65_535 });
    for (const number of [-1, 65_536, 1.5, Number.NaN, Infinity]) {
      expect(refusal(() => route('E2U+sip', 'sip:alice@example.net', number))).toBe('ROUTE_OUT_OF_RANGE');
      expect(refusal(() => route('E2U+sip', 'sip:alice@example.net', 0, number))).toBe('ROUTE_OUT_OF_RANGE');
    }
  });
});

it('a URI is as long as a character-string of DNS lets it be', () => {
  const uri = (length: number) => `sip:${'a'.repeat(length - 'sip:@example.net'.length)}@example.net`;
  expect(refusal(() => route('E2U+sip', uri(248)))).toBe('none');
  expect(refusal(() => route('E2U+sip', uri(249)))).toBe('ROUTE_TOO_LONG');
  expect(refusal(() => route('E2U+sip', uri(100_000)))).toBe('ROUTE_TOO_LONG');
});
