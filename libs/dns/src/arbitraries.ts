import fc from 'fast-check';
import { Name } from './name.js';
import type { Message } from './message.js';
import { rdataTypes } from './rdata-types.js';
import type { RR } from './rr.js';
import { RRType } from './type-codes.js';

/** Generators for property tests. */

/** Labels of any octets, with letters often enough that names meet again in another case. */
const label = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'A', 'b', 'www', 'WWW', 'example', 'EXAMPLE', 'a.b', '\0').map(octets) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 63 }) },
);

function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export const anyName: fc.Arbitrary<Name> = fc
  .array(label, { maxLength: 6 })
  .filter((labels) => labels.reduce((size, { length }) => size + length + 1, 1) <= 255)
  .map((labels) => Name.ofLabels(labels));

const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 65535 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const rdataWithNames: fc.Arbitrary<{ type: number; rdata: Uint8Array }> = fc
  .tuple(
    fc.constantFrom(
      RRType.NS,
      RRType.CNAME,
      RRType.SOA,
      RRType.MX,
      RRType.NAPTR,
      RRType.SRV,
      RRType.NSEC,
      RRType.RRSIG,
      RRType.RP,
    ),
    anyName,
    anyName,
    u32,
    u16,
  )
  .map(([type, one, two, large, small]) => {
    const value = {
      target: one,
      next: one,
      signer: one,
      exchange: one,
      mname: one,
      mailbox: one,
      replacement: one,
      rname: two,
      text: two,
      serial: large,
      refresh: large,
      retry: large,
      expire: large,
      minimum: large,
      originalTtl: large,
      expiration: large,
      inception: large,
      preference: small,
      order: small,
      priority: small,
      weight: small,
      port: small,
      keyTag: small,
      typeCovered: small,
      algorithm: small & 255,
      labels: small & 255,
      flags: 'u',
      services: 'E2U+sip',
      regexp: '',
      types: [1, 46],
      signature: Uint8Array.of(1),
    };
    return { type, rdata: rdataTypes.get(type)!.write(value) };
  });

/** Rdata of types that nobody looks into. */
const opaqueRdata = fc.record({
  type: fc.constantFrom(RRType.TXT, RRType.SMIMEA, RRType.TSIG, 65280),
  rdata: fc.uint8Array({ maxLength: 40 }),
});

export const anyRR: fc.Arbitrary<RR> = fc
  .tuple(anyName, fc.oneof(rdataWithNames, opaqueRdata), fc.constantFrom(1, 3, 254, 255), u32)
  .map(([name, { type, rdata }, rrClass, ttl]) => ({ name, type, class: rrClass, ttl, rdata }));

const rrs = fc.array(anyRR, { maxLength: 6 });

export const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    id: u16,
    response: fc.boolean(),
    opcode: fc.integer({ min: 0, max: 15 }),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    authenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
    rcode: fc.integer({ min: 0, max: 15 }),
    questions: fc.array(fc.record({ name: anyName, type: u16, class: u16 }), { maxLength: 2 }),
    answers: rrs,
    authorities: rrs,
    additionals: rrs,
    edns: fc.option(
      fc.record({
        udpSize: u16,
        version: u8,
        dnssecOk: fc.boolean(),
        compactOk: fc.boolean(),
        options: fc.array(fc.record({ code: u16, data: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 3 }),
      }),
      { nil: undefined },
    ),
    extendedRcode: u8,
  })
  .map(({ extendedRcode, edns, ...message }) =>
    edns ? { ...message, rcode: message.rcode | (extendedRcode << 4), edns } : message,
  );
