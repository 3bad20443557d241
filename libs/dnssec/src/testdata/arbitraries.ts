import { Name, type RRset } from '@callbook/dns';
import fc from 'fast-check';

/** Any octets, and often those where canonical order is easy to get wrong: 0, "@", letters of both cases, "[", 255. */
const octet = fc.oneof(fc.constantFrom(0, 0x2a, 0x40, 0x41, 0x5a, 0x5b, 0x61, 0xfe, 0xff), fc.nat(255));

const label = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 4 }) },
  { weight: 2, arbitrary: fc.array(octet, { minLength: 1, maxLength: 4 }).map((octets) => Uint8Array.from(octets)) },
  { weight: 1, arbitrary: fc.constantFrom(62, 63).map((length) => new Uint8Array(length).fill(0xff)) },
  { weight: 1, arbitrary: fc.array(octet, { minLength: 59, maxLength: 63 }).map((octets) => Uint8Array.from(octets)) },
);

/** Names within `suffix`, also of the greatest length there is. */
export function namesWithin(suffix: Name): fc.Arbitrary<Name> {
  return fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => {
    let name = suffix;
    for (const next of labels) if (name.wire.length + 1 + next.length <= 255) name = name.prepend(next);
    return name;
  });
}

/** RRsets of a type whose rdata has no names, as TXT and private types. */
export function rrsetsWithin(suffix: Name): fc.Arbitrary<RRset> {
  return fc.record({
    name: namesWithin(suffix),
    type: fc.constantFrom(1, 16, 53, 61, 65280),
    class: fc.constant(1),
    ttl: fc.nat(0x7fff_ffff),
    rdatas: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 }),
  });
}
