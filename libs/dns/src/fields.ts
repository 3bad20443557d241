import { DnsError } from './errors.js';
import type { Name } from './name.js';
import type { Reader } from './reader.js';
import type { Tokens } from './tokens.js';
import type { Writer } from './writer.js';

/** One field of rdata in all its forms. A record type is a list of them. */
export interface Field<T> {
  read(from: Reader): T;
  write(to: Writer, value: T): void;
  /** Moves the field's octets on as they are; names in the form that the writer gives to names. */
  copy(from: Reader, to: Writer): void;
  readText(from: Tokens): T;
  writeText(value: T): string;
}

/** Whole numbers of 1, 2 or 4 octets, network order. */
function integer(size: 1 | 2 | 4, max: number): Field<number> {
  return {
    read: (from) => (size === 1 ? from.u8() : size === 2 ? from.u16() : from.u32()),
    write: (to, value) => {
      if (!Number.isInteger(value) || value < 0 || value > max) {
        throw new DnsError('VALUE_OUT_OF_RANGE', `${value} is not a whole number from 0 to ${max}`);
      }
      if (size === 1) to.u8(value);
      else if (size === 2) to.u16(value);
      else to.u32(value);
    },
    copy: (from, to) => to.bytes(from.take(size)),
    readText: (from) => {
      const text = from.next();
      const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
      if (!(value <= max))
        throw new DnsError('RDATA_MALFORMED', `${JSON.stringify(text)} is not a number from 0 to ${max}`);
      return value;
    },
    writeText: String,
  };
}

export const u8 = integer(1, 0xff);
export const u16 = integer(2, 0xffff);
export const u32 = integer(4, 0xffffffff);

/** A domain name. Whether it may be compressed or lower-cased is a matter of the type (`NameRule`), not of the field. */
export const name: Field<Name> = {
  read: (from) => from.name(),
  write: (to, value) => to.name(value),
  copy: (from, to) => to.name(from.name()),
  readText: (from) => from.name(),
  writeText: String,
};

/**
 * A number that text may also give by name.
 * @param names upper-case mnemonic → value. Text is always written as a number, which every reader knows.
 */
export function named(field: Field<number>, names: Readonly<Record<string, number>>): Field<number> {
  return {
    ...field,
    readText: (from) => {
      const text = from.next();
      const mnemonic = text.toUpperCase();
      const value = Object.hasOwn(names, mnemonic)
        ? names[mnemonic]!
        : Number(/^\d{1,5}$/.test(text) ? text : Number.NaN);
      if (Number.isNaN(value)) {
        throw new DnsError('RDATA_MALFORMED', `${JSON.stringify(text)} is neither a number nor a known mnemonic`);
      }
      return value;
    },
  };
}

/** DNSSEC algorithm numbers (IANA "DNS Security Algorithm Numbers"). */
export const algorithm = named(u8, {
  DELETE: 0,
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  'RSASHA1-NSEC3-SHA1': 7,
  NSEC3RSASHA1: 7,
  RSASHA256: 8,
  RSASHA512: 10,
  'ECC-GOST': 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
});

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Seconds as a zone file gives them: a number, or BIND's `1h30m`. Undefined for anything else or for more than 32 bits. */
export function secondsOf(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(\d{1,10}|(\d{1,10}[smhdw])+)$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([a-z]?)/gi)) {
    seconds += Number(count) * (unit ? unitSeconds[unit.toLowerCase()]! : 1);
  }
  return seconds <= 0xffffffff ? seconds : undefined;
}

/** An interval in seconds. */
export const duration: Field<number> = {
  ...u32,
  readText: (from) => {
    const text = from.next();
    const seconds = secondsOf(text);
    if (seconds === undefined) throw new DnsError('RDATA_MALFORMED', `${JSON.stringify(text)} is no interval`);
    return seconds;
  },
};

/** What was read lately: in a signed zone most signatures were made together. */
const lately = new Map<string, number>();

/** A point in time, seconds since 1970 modulo 2³² (RFC 4034 §3.1.5); text is `YYYYMMDDHHmmSS` or the number (§3.2). */
export const timestamp: Field<number> = {
  ...u32,
  readText: (from) => {
    const text = from.next();
    const known = lately.get(text);
    if (known !== undefined) return known;
    if (!/^(\d{1,10}|\d{14})$/.test(text)) throw noTime(text);
    if (text.length === 14) {
      const [year, ...rest] = [text.slice(0, 4), ...text.slice(4).match(/../g)!];
      const [month, day, hours, minutes, seconds] = rest.map(Number);
      const time = Date.UTC(Number(year), month! - 1, day, hours, minutes, seconds);
      // Date takes 30 February for 2 March.
      if (digitsOf(time) !== text) throw noTime(text);
      if (lately.size === 16) lately.clear();
      lately.set(text, (time / 1000) >>> 0);
      return (time / 1000) >>> 0;
    }
    const seconds = Number(text);
    if (seconds > 0xffffffff) throw noTime(text);
    return seconds;
  },
  writeText: (value) => digitsOf(value * 1000),
};

/** `YYYYMMDDHHmmSS` of a time in milliseconds. */
const digitsOf = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$|\D/g, '');
const noTime = (text: string): DnsError => new DnsError('RDATA_MALFORMED', `${JSON.stringify(text)} is no time`);
