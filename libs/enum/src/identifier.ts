import { parseE164 } from './e164.js';
import type { E164 } from './e164.js';
import { EnumError, quoted } from './errors.js';
import { isHostName } from './host.js';

/** What a person is reached by. `value` is what stands behind the scheme of the URI, in its one spelling. */
export type Identifier =
  | { readonly type: 'tel'; readonly value: E164 }
  | { readonly type: 'mailto'; readonly value: string }
  | { readonly type: 'sip'; readonly value: string };

/** A mail or SIP address taken apart: local part without escapes, domain in lower case. */
export interface Address {
  readonly localPart: string;
  readonly domain: string;
}

/** As in `tel:+447700900123`, `mailto:alice@example.net`, `sip:alice@example.net`. */
export const identifierUri = ({ type, value }: Identifier): string => `${type}:${value}`;

/**
 * Reads the URI of an identifier. Scheme and domain are lower-cased and escapes are written the one way, since that makes no other
 * identifier; the case of a local part is kept, since only its domain knows whether it matters (RFC 5321 §2.4, RFC 7929 §3).
 * @throws EnumError NUMBER_MALFORMED, IDENTIFIER_MALFORMED, IDENTIFIER_TOO_LONG
 */
export function parseIdentifierUri(text: string): Identifier {
  if (text.length > longest)
    throw new EnumError('IDENTIFIER_TOO_LONG', `an identifier has at most ${longest} characters`);
  const [, scheme, value] = /^(tel|mailto|sip):(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || value === undefined)
    throw new EnumError('IDENTIFIER_MALFORMED', `${quoted(text)} is not a tel:, mailto: or sip: URI`);
  const type = scheme.toLowerCase() as Identifier['type'];
  if (type === 'tel') return { type, value: parseE164(value) };
  return { type, value: writeAddress(type, readAddress(type, value)) };
}

/** The parts of a mail or SIP identifier. */
export const addressOf = ({ type, value }: Exclude<Identifier, { type: 'tel' }>): Address => readAddress(type, value);

/** A scheme, a local part of which every octet is escaped, and the longest domain. */
const longest = 512;

/** Longest local part in octets, RFC 5321 §4.5.3.1.1; SIP has no limit of its own. */
const localPartSize = 64;

/** Characters that stand for themselves in the local part of a URI: RFC 6068 §2 (those that mail has), RFC 3261 §25.1. */
const unescaped = { mailto: /^[A-Za-z0-9\-._~!$'*+]$/, sip: /^[A-Za-z0-9\-_.!~*'()&=+$,;?/]$/ } as const;

function readAddress(type: 'mailto' | 'sip', value: string): Address {
  const at = value.lastIndexOf('@');
  const domain = value.slice(at + 1).toLowerCase();
  const localPart = at < 1 ? undefined : withoutEscapes(value.slice(0, at));
  if (localPart === undefined || !isLocalPart(type, localPart))
    throw new EnumError('IDENTIFIER_MALFORMED', `${quoted(value)} does not have a plain local part before its @`);
  if (!isHostName(domain) || !domain.includes('.'))
    throw new EnumError(
      'IDENTIFIER_MALFORMED',
      `${quoted(value)} does not end in a domain name in ASCII (xn--… for others), without port, parameters or headers`,
    );
  return { localPart, domain };
}

/** Text of UTF-8 and percent escapes, in normal form C (RFC 6530 §10.1); undefined if it is none. */
function withoutEscapes(text: string): string | undefined {
  try {
    return decodeURIComponent(text).normalize('NFC');
  } catch {
    return undefined;
  }
}

/** A dot-atom (RFC 5322 §3.2.3, RFC 6532 §3.2), or a user of SIP without password; nothing that does not show. */
function isLocalPart(type: 'mailto' | 'sip', text: string): boolean {
  if (new TextEncoder().encode(text).length > localPartSize || /[\p{C}\p{Z}]/u.test(text)) return false;
  if (type === 'sip') return !/[:@"\\<>]/.test(text);
  return !/["(),:;<>@[\\\]]/.test(text) && text.split('.').every((atom) => atom !== '');
}

const writeAddress = (type: 'mailto' | 'sip', { localPart, domain }: Address): string =>
  `${Array.from(localPart, (character) => (unescaped[type].test(character) ? character : escaped(character))).join('')}@${domain}`;

const escaped = (character: string): string =>
  Array.from(
    new TextEncoder().encode(character),
    (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
