import { DnsError } from './errors.js';
import type { Field } from './fields.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

const copyRest = (from: Reader, to: Writer): void => to.bytes(from.take(from.left));
const copyPrefixed = (from: Reader, to: Writer): void => {
  const length = from.u8();
  to.u8(length);
  to.bytes(from.take(length));
};

/** Octets to the end of the rdata, at least one: text without any would leave its field out. */
function rest(encoding: 'hex' | 'base64', decode: (text: string) => Uint8Array): Field<Uint8Array> {
  const filled = (octets: Uint8Array): Uint8Array => {
    if (octets.length === 0) throw new DnsError('RDATA_MALFORMED', 'the last field has no octets');
    return octets;
  };
  return {
    read: (from) => filled(from.take(from.left)),
    write: (to, value) => to.bytes(filled(value)),
    copy: copyRest,
    readText: (from) => filled(decode(from.rest().join(''))),
    writeText: (value) => encode(value, encoding),
  };
}

/** Octets to the end, in hexadecimal; text may hold blanks anywhere. */
export const hexRest = rest('hex', octetsOfHex);
/** Octets to the end, in base 64 (RFC 4648 §4); text may hold blanks anywhere. */
export const base64Rest = rest('base64', octetsOfBase64);

/** One length octet and up to 255 octets; text is hexadecimal, `-` for none (RFC 5155 §3.3: salt). */
export const hexPrefixed: Field<Uint8Array> = {
  read: (from) => from.take(from.u8()),
  write: (to, value) => {
    if (value.length > 255) throw new DnsError('VALUE_OUT_OF_RANGE', `${value.length} octets, over 255`);
    to.u8(value.length);
    to.bytes(value);
  },
  copy: copyPrefixed,
  readText: (from) => {
    const text = from.next();
    return text === '-' ? new Uint8Array(0) : octetsOfHex(text);
  },
  writeText: (value) => (value.length === 0 ? '-' : encode(value, 'hex')),
};

/** One length octet and 1 to 255 octets; text is base 32 with the extended hex alphabet (RFC 5155 §3.3: next hashed owner). */
export const base32Prefixed: Field<Uint8Array> = {
  read: (from) => filledHash(from.take(from.u8())),
  write: (to, value) => hexPrefixed.write(to, filledHash(value)),
  copy: copyPrefixed,
  readText: (from) => octetsOfBase32Hex(from.next()),
  writeText: base32HexOf,
};

function filledHash(value: Uint8Array): Uint8Array {
  if (value.length === 0) throw new DnsError('RDATA_MALFORMED', 'a hash has no octets');
  return value;
}

export function encode(octets: Uint8Array, encoding: 'hex' | 'base64'): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString(encoding);
  return encoding === 'hex' ? text.toUpperCase() : text;
}

/** @throws DnsError RDATA_MALFORMED */
export function octetsOfHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) {
    throw new DnsError('RDATA_MALFORMED', 'a field is not hexadecimal with two digits an octet');
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** @throws DnsError RDATA_MALFORMED also for missing padding or bits that no encoder sets. */
export function octetsOfBase64(text: string): Uint8Array {
  const octets = Buffer.from(text, 'base64');
  // Node's decoder skips what it does not know; only what comes out the same was base 64.
  if (octets.toString('base64') !== text) throw new DnsError('RDATA_MALFORMED', 'a field is not base 64');
  return new Uint8Array(octets);
}

const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

function base32HexOf(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = (held << 8) | octet;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32_HEX[(held >>> (bits - 5)) & 31];
    held &= 0xff;
  }
  return bits > 0 ? text + BASE32_HEX[(held << (5 - bits)) & 31] : text;
}

function octetsOfBase32Hex(text: string): Uint8Array {
  const octets: number[] = [];
  let bits = 0;
  let held = 0;
  for (const digit of text.toUpperCase()) {
    const value = BASE32_HEX.indexOf(digit);
    if (value < 0) throw new DnsError('RDATA_MALFORMED', 'a field is not base 32 (extended hex)');
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      octets.push((held >>> bits) & 0xff);
    }
  }
  const value = Uint8Array.from(octets);
  if (value.length === 0 || value.length > 255 || base32HexOf(value) !== text.toUpperCase()) {
    throw new DnsError('RDATA_MALFORMED', 'a field is not base 32 (extended hex) of 1 to 255 octets');
  }
  return value;
}
