import { DnsError } from './errors.js';
import type { Field } from './fields.js';
import { readEscape } from './name-text.js';

/**
 * A character-string (RFC 1035 §3.3): one length octet and up to 255 octets. As a value it is text in which each code unit, 0 to 255, is
 * one octet, so nothing is lost whatever the octets are.
 */
export const characterString: Field<string> = {
  read: (from) => textOf(from.take(from.u8())),
  write: (to, value) => {
    const octets = octetsOf(value);
    if (octets.length > 255) {
      throw new DnsError('CHARACTER_STRING_TOO_LONG', `a character-string has ${octets.length} octets, over 255`);
    }
    to.u8(octets.length);
    to.bytes(octets);
  },
  copy: (from, to) => {
    const length = from.u8();
    to.u8(length);
    to.bytes(from.take(length));
  },
  readText: (from) => checkedLength(unescaped(from.next())),
  writeText: quoted,
};

/** One or more character-strings up to the end of the rdata (RFC 1035 §3.3.14). */
export const characterStrings: Field<readonly string[]> = {
  read: (from) => {
    const strings = [characterString.read(from)];
    while (from.left > 0) strings.push(characterString.read(from));
    return strings;
  },
  write: (to, value) => {
    if (value.length === 0) throw new DnsError('RDATA_MALFORMED', 'there has to be at least one character-string');
    for (const string of value) characterString.write(to, string);
  },
  copy: (from, to) => to.bytes(from.take(from.left)),
  readText: (from) => {
    const strings = [characterString.readText(from)];
    while (from.left > 0) strings.push(characterString.readText(from));
    return strings;
  },
  writeText: (value) => value.map(quoted).join(' '),
};

/** Octets to the end of the rdata without a length, written as one quoted string (RFC 7553 §4.4, RFC 8659 §4.1). */
export const stringRest: Field<string> = {
  read: (from) => textOf(from.take(from.left)),
  write: (to, value) => to.bytes(octetsOf(value)),
  copy: (from, to) => to.bytes(from.take(from.left)),
  readText: (from) => unescaped(from.next()),
  writeText: quoted,
};

function checkedLength(text: string): string {
  if (text.length > 255) {
    throw new DnsError('CHARACTER_STRING_TOO_LONG', `a character-string has ${text.length} octets, over 255`);
  }
  return text;
}

export function textOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

export function octetsOf(text: string): Uint8Array {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0xff) throw new DnsError('VALUE_OUT_OF_RANGE', 'a code unit over 255 is no octet');
  }
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Text of a zone file with its escapes resolved. Characters beyond ASCII stand for their UTF-8 octets. */
export function unescaped(token: string): string {
  if (/^[\0-\x5b\x5d-\x7f]*$/.test(token)) return token;
  const text = /^[\0-\x7f]*$/.test(token) ? token : Buffer.from(token, 'utf8').toString('latin1');
  let result = '';
  for (let at = 0; at < text.length;) {
    if (text[at] !== '\\') {
      result += text[at];
      at += 1;
      continue;
    }
    const escape = readEscape(text, at);
    if (!escape) throw new DnsError('RDATA_MALFORMED', 'a string has a broken escape');
    result += String.fromCharCode(escape.octet);
    at = escape.next;
  }
  return result;
}

/** A string in quotes; octets that are not printable ASCII as `\DDD`. */
export function quoted(value: string): string {
  let text = '"';
  for (let at = 0; at < value.length; at += 1) {
    const octet = value.charCodeAt(at);
    if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else if (octet === 0x22 || octet === 0x5c) text += `\\${value[at]}`;
    else text += value[at];
  }
  return `${text}"`;
}
