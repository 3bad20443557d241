import { Name, nsec, Rcode, RRType, type RRset } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactDenial, compactDenialRcode } from './compact-denial.js';
import { nsecProofs } from './nsec-proofs.js';
import { successor } from './successor.js';
import { namesWithin } from './testdata/arbitraries.js';

const zone = Name.parse('callbook.example.');
const typesOf = (set: RRset) => nsec.read(set.rdatas[0] as Uint8Array).types;
const proofsOf = (set: RRset) => nsecProofs(zone, [{ set, signatures: [] }], () => true);

/** Long runs of few octets near the greatest length: where the next name cannot be a child. */
const longNames = fc
  .tuple(fc.integer({ min: 253, max: 255 }), fc.constantFrom(0, 0x40, 0x5a, 0x7a, 0xff), fc.constantFrom(0x40, 0xff))
  .map(([length, first, last]) => {
    let name = zone;
    while (name.wire.length < length - 1) {
      const room = Math.min(63, length - name.wire.length - 1);
      const label = new Uint8Array(room === length - name.wire.length - 2 ? room - 1 : room).fill(last);
      label[0] = first;
      name = name.prepend(label);
    }
    return name.lower();
  });
const names = fc.oneof({ weight: 3, arbitrary: namesWithin(zone) }, { weight: 1, arbitrary: longNames });

const filled = (length: number, octet: number): Uint8Array => new Uint8Array(length).fill(octet);

/** What comes soon after a name in canonical order: its children first and last, a longer label, a greater one. */
const neighbours: ((labels: [Uint8Array, ...Uint8Array[]]) => Uint8Array[])[] = [
  (labels) => [filled(1, 0), ...labels],
  (labels) => [filled(63, 0xff), ...labels],
  ([label, ...rest]) => [Uint8Array.of(...label, 0), ...rest],
  ([label, ...rest]) => [Uint8Array.of(...label, 0xff), ...rest],
  ([label, ...rest]) => [label.with(-1, Math.min(0xff, (label.at(-1) as number) + 1)), ...rest],
  ([label, ...rest]) => [label.length > 1 ? label.subarray(0, -1) : label, ...rest],
  ([label, ...rest]) => [filled(label.length, 0xff), ...rest],
];

describe('compact denial', () => {
  const asked = Name.parse('9.9.9.E164.Callbook.Example.');

  it('has one NSEC at the asked name in lower case, up to the name right after it', () => {
    const set = compactDenial(asked, 'nxname', 300);
    expect(set).toMatchObject({ type: RRType.NSEC, class: 1, ttl: 300 });
    expect(set.name.toString()).toBe('9.9.9.e164.callbook.example.');
    expect(nsec.read(set.rdatas[0] as Uint8Array).next.toString()).toBe('\\000.9.9.9.e164.callbook.example.');
  });

  it('says RRSIG NSEC NXNAME of a name that does not exist', () => {
    expect(typesOf(compactDenial(asked, 'nxname', 300))).toEqual([RRType.RRSIG, RRType.NSEC, RRType.NXNAME]);
  });

  it('says RRSIG NSEC of an empty non-terminal', () => {
    expect(typesOf(compactDenial(asked, [], 300))).toEqual([RRType.RRSIG, RRType.NSEC]);
  });

  it('says all types of a name without the asked one', () => {
    expect(typesOf(compactDenial(asked, [RRType.CAA, RRType.NAPTR, RRType.NSEC], 300))).toEqual([
      RRType.NAPTR,
      RRType.RRSIG,
      RRType.NSEC,
      RRType.CAA,
    ]);
  });

  it.each([0, RRType.OPT, RRType.NXNAME, RRType.ANY, RRType.AXFR])('never says type %i (RFC 4034 §4.1.2)', (type) => {
    expect(() => compactDenial(asked, [type], 300)).toThrow(expect.objectContaining({ code: 'TYPE_NOT_DATA' }));
  });

  it('proves what it was made to prove', () => {
    expect(proofsOf(compactDenial(asked, 'nxname', 300)).deny(asked, RRType.A)).toEqual({ kind: 'nxdomain' });
    const nodata = proofsOf(compactDenial(asked, [RRType.NAPTR], 300));
    expect(nodata.deny(asked, RRType.A)).toEqual({ kind: 'nodata', delegation: false });
    expect(nodata.deny(asked, RRType.NAPTR)).toBeUndefined();
  });

  it('never covers another name, so that no resolver denies a name that exists (RFC 8198)', () => {
    fc.assert(
      fc.property(names, names, (missing, existing) => {
        fc.pre(!missing.equals(existing));
        const denial = compactDenial(missing, 'nxname', 300);
        const { next } = nsec.read(denial.rdatas[0] as Uint8Array);
        const afterOwner = Name.compare(denial.name, existing) < 0;
        const beforeNext = Name.compare(existing, next) < 0;
        expect(afterOwner && beforeNext).toBe(false);
        expect(proofsOf(denial).deny(existing, RRType.A)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('covers none of the names that sort next to it, at any length', () => {
    fc.assert(
      fc.property(names, fc.nat(3), fc.constantFrom(...neighbours), (missing, depth, neighbour) => {
        const ancestor = missing.labels.slice(Math.min(depth, missing.labelCount - 1));
        const labels = neighbour(ancestor as [Uint8Array, ...Uint8Array[]]);
        fc.pre(labels.every(({ length }) => length <= 63));
        fc.pre(labels.reduce((octets, { length }) => octets + 1 + length, 1) <= 255);
        const existing = Name.ofLabels(labels);
        fc.pre(!existing.equals(missing));
        const next = successor(missing.lower());
        expect(next.wire.length).toBeLessThanOrEqual(255);
        expect(Name.compare(missing, next)).toBeLessThan(0);
        expect(Name.compare(missing, existing) < 0 && Name.compare(existing, next) < 0).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('closes the chain after the last of all names', () => {
    const all = Name.ofLabels([61, 63, 63, 63].map((length) => new Uint8Array(length).fill(0xff)));
    expect(all.wire.length).toBe(255);
    expect(successor(all)).toBe(Name.root);
  });
});

describe('the response code beside a compact denial (RFC 9824 §5)', () => {
  it.each([
    ['without EDNS', undefined, Rcode.NXDOMAIN],
    ['without DO', { dnssecOk: false, compactOk: false }, Rcode.NXDOMAIN],
    ['with DO', { dnssecOk: true, compactOk: false }, Rcode.NOERROR],
    ['with DO and CO', { dnssecOk: true, compactOk: true }, Rcode.NXDOMAIN],
  ])('%s', (_what, asked, rcode) => {
    expect(compactDenialRcode(asked)).toBe(rcode);
  });
});
