import { DnsError } from './errors.js';
import { u16 } from './fields.js';
import type { Field } from './fields.js';
import { typeCode, typeName } from './type-codes.js';

/** A record type: its code, in text its mnemonic. */
export const rrType: Field<number> = {
  ...u16,
  readText: (from) => typeCode(from.next()),
  writeText: typeName,
};

/**
 * The type bit maps of NSEC, NSEC3 and CSYNC (RFC 4034 §4.1.2): windows ascending, 1 to 32 octets each, no trailing zero octet.
 * As a value the types ascend, each once. Type 0 does not exist: it is refused when written and skipped when read.
 */
export const typeBitmap: Field<readonly number[]> = {
  read: (from) => {
    const types: number[] = [];
    let last = -1;
    while (from.left > 0) {
      const window = from.u8();
      const length = from.u8();
      if (window <= last || length === 0 || length > 32) throw malformed();
      last = window;
      const start = from.advance(length);
      if (from.octets[start + length - 1] === 0) throw malformed();
      for (let bit = 0; bit < length * 8; bit += 1) {
        const set = from.octets[start + (bit >> 3)]! & (0x80 >> (bit & 7));
        if (set && (window | bit) !== 0) types.push((window << 8) | bit);
      }
    }
    return types;
  },
  write: (to, value) => {
    const windows = new Map<number, Uint8Array>();
    for (const type of [...value].sort((a, b) => a - b)) {
      if (!Number.isInteger(type) || type < 1 || type > 0xffff) {
        throw new DnsError('VALUE_OUT_OF_RANGE', `${type} is no record type that a bit map can hold`);
      }
      const window = windows.get(type >> 8) ?? new Uint8Array(32);
      window[(type & 0xff) >> 3]! |= 0x80 >> (type & 7);
      windows.set(type >> 8, window);
    }
    for (const [window, bits] of windows) {
      const length = bits.findLastIndex((octet) => octet !== 0) + 1;
      to.u8(window);
      to.u8(length);
      to.bytes(bits.subarray(0, length));
    }
  },
  copy: (from, to) => to.bytes(from.take(from.left)),
  readText: (from) => [...new Set(from.rest().map(typeCode))].sort((a, b) => a - b),
  writeText: (value) => value.map(typeName).join(' '),
};

const malformed = (): DnsError => new DnsError('RDATA_MALFORMED', 'a type bit map is not in the form of RFC 4034');
