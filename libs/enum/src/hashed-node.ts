import { createHash } from 'node:crypto';
import { DnsError, Name } from '@callbook/dns';
import { EnumError, quoted } from './errors.js';
import { addressOf } from './identifier.js';
import type { Identifier } from './identifier.js';

/** Owner names of what a mail or SIP identifier resolves to. */
export interface HashedNode {
  /** NAPTR. */
  readonly routes: Name;
  /** SMIMEA, RFC 8162 §3. */
  readonly smimea: Name;
  /** OPENPGPKEY, RFC 7929 §3. */
  readonly openpgpkey: Name;
}

const branches = { mailto: 'mail', sip: 'sip' } as const;

/**
 * `<hash>._id.<domain>.mail.<apex>` and so on: under the directory's own name, and with the hash of the local part, so that DNS does not carry
 * the address itself.
 * @throws EnumError IDENTIFIER_TOO_LONG where the names would have over 255 octets
 */
export function hashedNode(id: Exclude<Identifier, { type: 'tel' }>, apex: Name): HashedNode {
  const { localPart, domain } = addressOf(id);
  const hash = hashOf(localPart);
  try {
    const zone = Name.parse(domain).concat(apex.prepend(branches[id.type]));
    const [routes, smimea, openpgpkey] = ['_id', '_smimecert', '_openpgpkey'].map((label) =>
      zone.prepend(label).prepend(hash),
    );
    return { routes: routes!, smimea: smimea!, openpgpkey: openpgpkey! };
  } catch (error) {
    if (error instanceof DnsError)
      throw new EnumError('IDENTIFIER_TOO_LONG', `the domain ${quoted(domain)} is too long`);
    throw error;
  }
}

/**
 * RFC 7929 §3: SHA-256 of the local part in UTF-8, cut to 28 octets, as 56 hexadecimal digits. Comments and white space around dots are
 * taken off, or quotes and quoting; normal form C; letter case is kept.
 * @throws EnumError IDENTIFIER_MALFORMED for a local part with white space or comments elsewhere, IDENTIFIER_TOO_LONG
 */
export const localPartHash = (localPart: string): string => hashOf(canonical(localPart));

/** Far beyond the 64 octets of RFC 5321 §4.5.3.1.1, with comments. */
const longest = 512;

const hashOf = (localPart: string): string => createHash('sha256').update(localPart, 'utf8').digest('hex').slice(0, 56);

function canonical(localPart: string): string {
  if (localPart.length > longest)
    throw new EnumError('IDENTIFIER_TOO_LONG', `a local part has at most ${longest} characters`);
  const [, quotedPart] = /^"((?:[^"\\]|\\.)*)"$/s.exec(localPart) ?? [];
  if (quotedPart !== undefined) return quotedPart.replace(/\\(.)/gs, '$1').normalize('NFC');
  const atoms = localPart
    .split('.')
    .map((atom) => atom.replace(/^(\s|\([^()]*\))+/, '').replace(/(\s|\([^()]*\))+$/, ''));
  if (atoms.some((atom) => atom === '' || /[\s()"\\]/.test(atom)))
    throw new EnumError('IDENTIFIER_MALFORMED', `${quoted(localPart)} is not the local part of an address`);
  return atoms.join('.').normalize('NFC');
}
