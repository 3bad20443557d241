import { Name, readZoneFile, RRType, type RR } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apex } from '../signed-zone.fixture.js';
import { ServedZone, type PinnedZone } from './served-zone.js';
import { describeIn, ZoneModel } from './zone-model.fixture.js';
import { ZoneStore } from './zone-store.js';
import type { ZoneView } from './zone-view.js';

const soa = (serial: number): RR =>
  readZoneFile(`@ 60 SOA ns1 hostmaster ${serial} 3600 900 604800 60`, { origin: apex })[0]!;
const [nameServer] = readZoneFile('@ 60 NS ns1', { origin: apex });
const parse = (text: string): Name => (text === '@' ? apex : Name.parse(`${text}.callbook.example.`));

/** Names that lie above, below and beside each other in every way that there is. */
const owners = [
  ...['@', 'e164', '1.e164', '2.1.e164', '3.2.1.e164', '0.e164', '1', '5.1', '1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.e164'],
  ...['1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.e164', '1.2.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.e164', '10.e164', 'a.2.1.e164'],
  ...[
    '_smimecert.3.2.1.e164',
    '4._smimecert.3.2.1.e164',
    '*.w',
    'w',
    'x.*.w',
    '*',
    'a',
    'b.a',
    'c.b.a',
    '7.b.a',
    '8.7.b.a',
  ],
];
const asked = [
  ...new Set(owners.flatMap((text) => [parse(text), ...aboves(parse(text)), parse(`z.${text === '@' ? 'y' : text}`)])),
];
function aboves(name: Name): Name[] {
  return name.equals(apex) || !name.isWithin(apex) ? [] : [name.parent(), ...aboves(name.parent())];
}

const record = fc
  .record({
    owner: fc.constantFrom(...owners),
    kind: fc.constantFrom(
      'TXT "a"',
      'TXT "bb"',
      'TXT "ccc"',
      'A 192.0.2.1',
      'NS ns.example.net.',
      'DNAME example.net.',
      'CNAME example.org.',
      `NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:${'x'.repeat(120)}!" .`,
    ),
  })
  .map(({ owner, kind }): RR => ({ ...readZoneFile(`@ 60 ${kind}`, { origin: apex })[0]!, name: parse(owner) }));

type Step =
  | { readonly do: 'change'; readonly records: readonly RR[] }
  | { readonly do: 'take' | 'release' | 'pin' | 'unpin'; readonly who: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      records: fc.uniqueArray(record, { maxLength: 6, selector: (each) => `${each.name} ${each.type} ${each.rdata}` }),
    }),
  },
  fc.record({
    do: fc.constantFrom('take' as const, 'release' as const, 'pin' as const, 'unpin' as const),
    who: fc.nat(2),
  }),
);

/** A record that is there is taken away, and one that is not comes: any list of records is a change. */
function entryOf(model: ZoneModel, serial: number, records: readonly RR[]) {
  const there = (each: RR) => model.with([each], []).byKey.size < model.byKey.size;
  const removed = records.filter((each) => !each.name.equals(apex) || each.type !== RRType.NS).filter(there);
  const added = records
    .filter((each) => !each.name.equals(apex) || each.type !== RRType.NS)
    .filter((each) => !there(each));
  return { from: soa(serial), to: soa(serial + 1), removed, added };
}

describe('a zone that changes', () => {
  it('is to each reader the one that it took, and in the end the one that the records make', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, seed) => {
        let model = new ZoneModel(apex, [soa(1), nameServer!]);
        let serial = 1;
        const store = ZoneStore.of(apex, model.byKey.values(), { seed });
        const zone = new ServedZone(apex);
        zone.serve(store);
        const readers = [0, 1, 2].map((): { view: ZoneView; model: ZoneModel | undefined } => ({
          view: zone.view(),
          model: undefined,
        }));
        const pins: ({ pinned: PinnedZone; model: ZoneModel } | undefined)[] = [undefined, undefined, undefined];
        const check = () => {
          for (const reader of readers)
            if (reader.model)
              for (const name of asked)
                expect(describeIn(reader.view, name), `${name}`).toBe(reader.model.describe(name));
          for (const pin of pins)
            if (pin) expect(new ZoneModel(apex, pin.pinned.records()).text).toEqual(pin.model.text);
        };
        for (const each of steps) {
          if (each.do === 'change') {
            const entry = entryOf(model, serial, each.records);
            store.apply(entry);
            model = model.with([entry.from, ...entry.removed], [entry.to, ...entry.added]);
            serial += 1;
            check();
            continue;
          }
          const reader = readers[each.who]!;
          if (each.do === 'release' || each.do === 'take') {
            if (reader.model) reader.view.release();
            reader.model = undefined;
            if (each.do === 'take') {
              reader.view.take();
              reader.model = model;
            }
          } else {
            pins[each.who]?.pinned.release();
            pins[each.who] = each.do === 'pin' ? { pinned: zone.pin()!, model } : undefined;
          }
        }
        check();
        for (const reader of readers) if (reader.model) reader.view.release();
        for (const pin of pins) pin?.pinned.release();

        // Nobody holds anything: what is left is what a zone made of the same records takes, and the next change takes the rest away.
        const last = entryOf(model, serial, []);
        store.apply(last);
        store.apply({ from: soa(serial + 1), to: soa(serial + 2), removed: [], added: [] });
        model = model.with([last.from], [soa(serial + 2)]);
        expect(new ZoneModel(apex, store.records()).text).toEqual(model.text);
        const fresh = ZoneStore.of(apex, model.byKey.values(), { seed });
        expect({ retired: store.octets.retired, size: store.size }).toEqual({ retired: 0, size: fresh.size });
        expect(store.blocks).toBe(fresh.blocks);
      }),
      { numRuns: 200 },
    );
  });
});
