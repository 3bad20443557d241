import packet from 'dns-packet';
import { DnsError } from './errors.js';
import type { Field } from './fields.js';
import { plainOctets } from './octets.js';

/** What dns-packet has for A and AAAA and its typings leave out: rdata behind two octets of length. */
interface AddressCodec {
  encode(address: string): Buffer;
  decode(rdata: Buffer, offset: number): string;
}
const wrapped = packet as unknown as Record<'a' | 'aaaa', AddressCodec>;

/** dns-packet encodes any text without complaint (`999.1` too), so text is checked first and its length after. */
function address(codec: AddressCodec, size: number, isValid: (text: string) => boolean): Field<string> {
  const checked = (text: string): string => {
    if (!isValid(text))
      throw new DnsError('RDATA_MALFORMED', `${JSON.stringify(text)} is no address of ${size} octets`);
    return text;
  };
  return {
    read: (from) => {
      const octets = Buffer.alloc(size + 2);
      octets.set(from.take(size), 2);
      return codec.decode(octets, 0);
    },
    write: (to, value) => {
      const encoded = plainOctets(codec.encode(checked(value)));
      if (encoded.length !== size + 2) throw new DnsError('RDATA_MALFORMED', `no address of ${size} octets`);
      to.bytes(encoded.subarray(2));
    },
    copy: (from, to) => to.bytes(from.take(size)),
    readText: (from) => checked(from.next()),
    writeText: (value) => value,
  };
}

/** Four numbers from 0 to 255 without leading zeros, which some read as octal. */
function isIpv4(text: string): boolean {
  return /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** RFC 4291 §2.2: eight groups, one run of them as `::`, the last two as an IPv4 address. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || text.length > 45) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    const last = parts.at(-1)!;
    if (index === halves.length - 1 && last.includes('.')) {
      if (!isIpv4(last)) return false;
      parts.pop();
      groups += 2;
    }
    if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return false;
    groups += parts.length;
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

export const ipv4 = address(wrapped.a, 4, isIpv4);
export const ipv6 = address(wrapped.aaaa, 16, isIpv6);
