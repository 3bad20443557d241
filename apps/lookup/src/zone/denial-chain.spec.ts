import { Name, nsec, nsec3, nsec3param, readZoneFile, RRType, type RR } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apex } from '../signed-zone.fixture.js';
import { ServedZone } from './served-zone.js';
import { ZoneStore } from './zone-store.js';
import type { ZoneView } from './zone-view.js';

const soa = (serial: number): RR =>
  readZoneFile(`@ 60 SOA ns1 hostmaster ${serial} 3600 900 604800 60`, { origin: apex })[0]!;
const record = (name: Name, type: number, rdata: Uint8Array): RR => ({ name, type, class: 1, ttl: 60, rdata });
const nsecAt = (name: Name) => record(name, RRType.NSEC, nsec.write({ next: apex, types: [RRType.NSEC] }));

const label = fc.constantFrom('a', 'b', 'aa', 'a-', '*', '1', '10', '_x', '\\000', 'z');
const name = fc.array(label, { maxLength: 4 }).map((labels) => Name.parse([...labels, 'callbook.example.'].join('.')));

function viewOf(records: readonly RR[]): { view: ZoneView; store: ZoneStore } {
  const zone = new ServedZone(apex);
  const store = ZoneStore.of(apex, records);
  zone.serve(store);
  const view = zone.view();
  view.take();
  return { view, store };
}

function ownerOf(view: ZoneView, node: number): string {
  const octets = new Uint8Array(255);
  return `${Name.read(octets.subarray(0, view.ownerInto(node, octets, 0))).name}`;
}

describe('a zone that came with a chain of NSEC', () => {
  it('knows the one at or before any name in canonical order, also after a change', () => {
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 20 }),
        fc.array(name, { minLength: 1, maxLength: 20 }),
        (owners, asked) => {
          const names = [...new Map([apex, ...owners].map((each) => [each.key, each])).values()];
          const { view, store } = viewOf([soa(1), ...names.map(nsecAt)]);
          expect(view.denial).toBe('nsec');
          const check = () => {
            const sorted = [...names].sort(Name.compare);
            for (const each of asked) {
              const { wire } = each.lower();
              const before = sorted.findLast((owner) => Name.compare(owner, each) <= 0)!;
              expect(ownerOf(view, view.nsecAtOrBefore(wire, 0, wire.length))).toBe(`${before}`);
            }
          };
          check();
          const added = asked[0]!;
          if (names.some((each) => each.equals(added))) return;
          store.apply({ from: soa(1), to: soa(2), removed: [], added: [nsecAt(added)] });
          check();
          view.release();
          view.take();
          names.push(added);
          check();
        },
      ),
      { numRuns: 100 },
    );
  });
});

const base32 = '0123456789abcdefghijklmnopqrstuv';
const labelOf = (hash: Uint8Array) =>
  BigInt(`0x${Buffer.from(hash).toString('hex')}`)
    .toString(32)
    .padStart(32, '0');
const hash = fc.uint8Array({ minLength: 20, maxLength: 20 });

describe('a zone that came with a chain of NSEC3', () => {
  it('knows the one at or before any hash, round the circle, and has no names there', () => {
    const parameters = nsec3param.write({ hashAlgorithm: 1, flags: 0, iterations: 0, salt: new Uint8Array(0) });
    fc.assert(
      fc.property(fc.uniqueArray(hash, { minLength: 1, maxLength: 20, selector: labelOf }), hash, (hashes, asked) => {
        expect(labelOf(asked)).toMatch(new RegExp(`^[${base32}]{32}$`));
        const owners = hashes.map((each) => Name.parse(`${labelOf(each).toUpperCase()}.callbook.example.`));
        const link = (owner: Name) =>
          record(
            owner,
            RRType.NSEC3,
            nsec3.write({
              hashAlgorithm: 1,
              flags: 0,
              iterations: 0,
              salt: new Uint8Array(0),
              next: hashes[0]!,
              types: [],
            }),
          );
        const { view } = viewOf([soa(1), record(apex, RRType.NSEC3PARAM, parameters), ...owners.map(link)]);
        expect(view.denial).toBe('nsec3');
        const sorted = hashes.map(labelOf).sort();
        for (const each of [asked, ...hashes]) {
          const before = sorted.findLast((owner) => owner <= labelOf(each)) ?? sorted.at(-1)!;
          expect(ownerOf(view, view.nsec3AtOrBefore(each))).toBe(`${before}.callbook.example.`);
        }
        for (const owner of owners) {
          const { wire } = owner.lower();
          expect(view.node(wire, 0, wire.length)).toBe(0);
          expect(view.isEmptyNonTerminal(wire, 0, wire.length)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });
});

it('a zone with signatures and no chain denies on line, one without signatures not at all', () => {
  expect(viewOf([soa(1)]).view.denial).toBe('unsigned');
});
