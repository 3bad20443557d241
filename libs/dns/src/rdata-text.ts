import { DnsError } from './errors.js';
import { encode, octetsOfHex } from './field-octets.js';
import { rdataTypes } from './rdata-types.js';
import type { Origin } from './tokens.js';

/**
 * Rdata in presentation form. Types without a codec, and rdata that its type cannot read, come in the form for unknown types
 * (RFC 3597 §5), so that there is always a text that reads back as the same octets.
 */
export function rdataText(type: number, rdata: Uint8Array): string {
  const codec = rdataTypes.get(type);
  if (!codec) return unknownText(rdata);
  try {
    return codec.writeText(codec.read(rdata));
  } catch (error) {
    if (error instanceof DnsError) return unknownText(rdata);
    throw error;
  }
}

function unknownText(rdata: Uint8Array): string {
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${encode(rdata, 'hex')}`;
}

/**
 * Rdata from the tokens of its presentation form, or from `\# length hex` for any type (RFC 3597 §5). Rdata of a known type given as
 * `\#` is kept as it is, octet for octet, but has to be valid.
 * @throws DnsError
 */
export function rdataOfText(type: number, fields: readonly string[], origin?: Origin): Uint8Array {
  const codec = rdataTypes.get(type);
  if (fields[0] !== '\\#') {
    if (!codec) throw new DnsError('RDATA_MALFORMED', 'this type is only known in the form "\\# length hex"');
    return codec.write(codec.readText(fields, origin));
  }
  const length = /^\d{1,5}$/.test(fields[1] ?? '') ? Number(fields[1]) : Number.NaN;
  const rdata = octetsOfHex(fields.slice(2).join(''));
  if (rdata.length !== length)
    throw new DnsError('RDATA_MALFORMED', `"\\#" gives ${rdata.length} octets, not ${fields[1]}`);
  codec?.read(rdata);
  return rdata;
}
