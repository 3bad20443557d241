import { Name } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashedNode, localPartHash } from './hashed-node.js';
import { addressOf, identifierUri, parseIdentifierUri } from './identifier.js';
import type { Identifier } from './identifier.js';
import { refusal } from './refusal.js';

const address = (uri: string) => parseIdentifierUri(uri) as Exclude<Identifier, { type: 'tel' }>;

describe('the URI of an identifier', () => {
  it.each([
    'tel:+447700900123',
    'mailto:alice@example.net',
    'mailto:a.b+c-d_e~f@mail.example.net',
    'mailto:a%26b%3Dc%2Fd%25@example.net',
    'mailto:J%C3%B6rg@xn--bcher-kva.example',
    'sip:alice@example.net',
    'sip:+447700900123@example.net',
    'sip:a;b&c=d@example.net',
    'sip:%23a@example.net',
  ])('%s is in its one spelling', (uri) => {
    expect(identifierUri(parseIdentifierUri(uri))).toBe(uri);
  });

  it.each([
    ['MAILTO:Alice@Example.NET', 'mailto:Alice@example.net'],
    ['mailto:%61lice@example.net', 'mailto:alice@example.net'],
    ['mailto:Jörg@example.net', 'mailto:J%C3%B6rg@example.net'],
    ['mailto:Jo\u0308rg@example.net', 'mailto:J%C3%B6rg@example.net'],
    ['mailto:a%2fb@example.net', 'mailto:a%2Fb@example.net'],
    ['sip:%61lice@example.net', 'sip:alice@example.net'],
  ])('%s is another spelling of %s', (uri, canonical) => {
    expect(identifierUri(parseIdentifierUri(uri))).toBe(canonical);
  });

  it('of a spelling is the same once read again', () => {
    const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom('mailto', 'sip'), local, (scheme, text) => {
        const uri = `${scheme}:${text}@example.net`;
        const code = refusal(() => {
          const canonical = identifierUri(parseIdentifierUri(uri));
          expect(canonical).toMatch(/^[\x21-\x7e]+$/);
          expect(identifierUri(parseIdentifierUri(canonical))).toBe(canonical);
        });
        expect(['none', 'IDENTIFIER_MALFORMED']).toContain(code);
      }),
    );
  });

  it.each([
    ['no scheme', 'alice@example.net'],
    ['another scheme', 'xmpp:alice@example.net'],
    ['no domain', 'mailto:alice'],
    ['no local part', 'mailto:@example.net'],
    ['header fields', 'mailto:alice@example.net?subject=hello'],
    ['two addresses', 'mailto:alice@example.net,bob@example.net'],
    ['a line break', 'mailto:alice%0D%0ABcc:bob@example.net'],
    ['a line break in the clear', 'mailto:alice\r\n@example.net'],
    ['a space', 'mailto:al ice@example.net'],
    ['quotes', 'mailto:%22al%20ice%22@example.net'],
    ['two dots', 'mailto:al..ice@example.net'],
    ['a dot at the end', 'mailto:alice.@example.net'],
    ['a character that does not show', 'mailto:al\u200bice@example.net'],
    ['a right-to-left override', 'mailto:al\u202eice@example.net'],
    ['escapes of no UTF-8', 'mailto:al%FFice@example.net'],
    ['half an escape', 'mailto:al%4@example.net'],
    ['a domain in another script', 'mailto:alice@b\u00fccher.example'],
    ['one label', 'mailto:alice@localhost'],
    ['an address in brackets', 'mailto:alice@[127.0.0.1]'],
    ['an IPv4 address', 'sip:alice@127.0.0.1'],
    ['a dot at the end of the domain', 'mailto:alice@example.net.'],
    ['a long label', `mailto:alice@${'a'.repeat(64)}.example`],
    ['a long local part', `mailto:${'a'.repeat(65)}@example.net`],
    ['a port', 'sip:alice@example.net:5060'],
    ['parameters', 'sip:alice@example.net;transport=tcp'],
    ['a password', 'sip:alice:secret@example.net'],
    ['an @ in the user', 'sip:al%40ice@example.net'],
  ])('is refused with %s', (_, uri) => {
    expect(refusal(() => parseIdentifierUri(uri))).toBe('IDENTIFIER_MALFORMED');
  });

  it.each(['tel:+44 7700 900123', 'tel:+44-7700-900123', 'tel:07700900123', 'tel:+447700900123;ext=5', 'tel:'])(
    'of a number is refused as %j',
    (uri) => expect(refusal(() => parseIdentifierUri(uri))).toBe('NUMBER_MALFORMED'),
  );

  it('is refused when it is too long', () => {
    expect(refusal(() => parseIdentifierUri(`mailto:${'a'.repeat(600)}`))).toBe('IDENTIFIER_TOO_LONG');
  });
});

describe('the parts of an address', () => {
  it('are without escapes', () => {
    expect(addressOf(address('mailto:J%C3%B6rg%2Fa@Example.net'))).toEqual({
      localPart: 'Jörg/a',
      domain: 'example.net',
    });
  });
});

describe('the hash of a local part', () => {
  it('is the one of RFC 7929 §3', () => {
    expect(localPartHash('hugh')).toBe('c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6');
  });

  it('is another for another letter case, which only the domain can judge', () => {
    expect(localPartHash('Hugh')).not.toBe(localPartHash('hugh'));
  });

  it.each([
    ['"hugh"', 'hugh'],
    ['"hu\\gh"', 'hugh'],
    ['"hugh smith"', '"hugh\\ smith"'],
    ['a . b', 'a.b'],
    ['a(first).(second)b', 'a.b'],
    ['Jo\u0308rg', 'Jörg'],
  ])('is the same for %s and %s', (one, other) => {
    expect(localPartHash(one)).toBe(localPartHash(other));
  });

  it.each(['', 'a b', 'a..b', 'a"b', 'a(b', '.a'])('does not exist for %j', (text) => {
    expect(refusal(() => localPartHash(text))).toBe('IDENTIFIER_MALFORMED');
  });
});

describe('the names of an address', () => {
  const apex = Name.parse('callbook.example');
  const hash = 'c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6';

  it('are under the directory, and do not hold the address', () => {
    const { routes, smimea, openpgpkey } = hashedNode(address('mailto:hugh@Example.net'), apex);
    expect(routes.toString()).toBe(`${hash}._id.example.net.mail.callbook.example.`);
    expect(smimea.toString()).toBe(`${hash}._smimecert.example.net.mail.callbook.example.`);
    expect(openpgpkey.toString()).toBe(`${hash}._openpgpkey.example.net.mail.callbook.example.`);
  });

  it('are others for SIP', () => {
    expect(hashedNode(address('sip:hugh@example.net'), apex).routes.toString()).toBe(
      `${hash}._id.example.net.sip.callbook.example.`,
    );
  });

  it('are refused when they would be too long', () => {
    const domain = `${'a'.repeat(60)}.`.repeat(3) + 'example';
    expect(refusal(() => hashedNode(address(`mailto:hugh@${domain}`), apex))).toBe('IDENTIFIER_TOO_LONG');
  });
});
