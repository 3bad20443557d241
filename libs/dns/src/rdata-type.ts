import { DnsError } from './errors.js';
import type { Field } from './fields.js';
import { Reader } from './reader.js';
import { Tokens } from './tokens.js';
import type { Origin } from './tokens.js';
import { Writer } from './writer.js';

/** One record type: rdata as a value, as wire octets (uncompressed), as text and in canonical form. */
export interface RdataType<T> {
  readonly name: string;
  readonly code: number;
  /** What happens to domain names in rdata of this type. */
  readonly names: NameRule;
  /** @throws DnsError VALUE_OUT_OF_RANGE, CHARACTER_STRING_TOO_LONG, RDATA_MALFORMED */
  write(value: T): Uint8Array;
  /** @throws DnsError RDATA_MALFORMED, also for octets left over */
  read(rdata: Uint8Array): T;
  /**
   * @param fields tokens of presentation form: quotes taken off, escapes still there.
   * @param origin completes relative names and `@`; `'none'` refuses them; without it all names are absolute.
   * @throws DnsError
   */
  readText(fields: readonly string[], origin?: Origin): T;
  writeText(value: T): string;
  /** RFC 4034 §6.2 as corrected by RFC 6840 §5.1. @throws DnsError RDATA_MALFORMED */
  canonical(rdata: Uint8Array): Uint8Array;
  /** Moves one rdata, which ends at the end of `from`, on to `to`, names in the form that `to` gives them. @internal */
  copy(from: Reader, to: Writer): void;
}

/**
 * - `compressible`: types of RFC 1035, whose names may be compressed (RFC 3597 §4) and are lower-cased in canonical form;
 * - `expandable`: names are sent uncompressed, but a compressed one is understood, since old senders did it (RFC 3597 §4); lower-cased;
 * - `lowered`: never compressed; lower-cased in canonical form (RFC 4034 §6.2, RFC 6840 §5.1: RRSIG);
 * - `kept`: never compressed, never lower-cased: all newer types, NSEC among them (RFC 6840 §5.1), and those without a name.
 */
export type NameRule = 'compressible' | 'expandable' | 'lowered' | 'kept';

/** The fields of a type in wire order, which is also the order of its text. */
type Layout<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Rdata is written here before it is copied to where it stays. */
const shared = new Writer(1024);

/** Makes a type out of the list of its fields. */
export function rdataType<T extends object>(
  name: string,
  code: number,
  layout: Layout<T>,
  names: NameRule = 'kept',
): RdataType<T> {
  const fields = Object.entries(layout) as [keyof T & string, Field<T[keyof T & string]>][];

  const copy = (from: Reader, to: Writer): void => {
    for (const [, field] of fields) field.copy(from, to);
    close(name, from);
  };

  return {
    name,
    code,
    names,
    copy,
    write: (value) => {
      shared.reset();
      const to = shared;
      for (const [key, field] of fields) field.write(to, value[key]);
      if (to.at > 0xffff) throw new DnsError('VALUE_OUT_OF_RANGE', `rdata of ${to.at} octets, over 65535`);
      return to.finish();
    },
    read: (rdata) => {
      const from = new Reader(rdata);
      const value: Partial<T> = {};
      for (const [key, field] of fields) value[key] = field.read(from);
      close(name, from);
      return value as T;
    },
    readText: (texts, origin) => {
      const from = new Tokens(texts, origin);
      const value: Partial<T> = {};
      for (const [key, field] of fields) value[key] = field.readText(from);
      from.close();
      return value as T;
    },
    writeText: (value) =>
      fields
        .map(([key, field]) => field.writeText(value[key]))
        .filter((text) => text !== '')
        .join(' '),
    canonical: (rdata) => {
      if (names === 'kept') return rdata;
      const to = new Writer(rdata.length, 'lower');
      copy(new Reader(rdata), to);
      return to.finish();
    },
  };
}

function close(name: string, from: Reader): void {
  if (from.left > 0) throw new DnsError('RDATA_MALFORMED', `${name} rdata has ${from.left} octets too many`);
}
