import { Name, RRType, textOf, writeRR, type RR } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apex, signed, soaText, zoneRecords } from '../signed-zone.fixture.js';
import { ServedZone } from './served-zone.js';
import { ZoneError } from './zone-error.js';
import { ZoneStore } from './zone-store.js';
import { emptySet, nodeFlag, type ZoneView } from './zone-view.js';

const soaOf = (serial: number) => signed(soaText(serial));
const text = (records: Iterable<RR>) => [...records].map(textOf).sort();
const name = (prefix: string) => Name.parse(`${prefix}.callbook.example.`);
/** ECDSA signatures differ each time they are made, so that a test keeps those that it means to remove. */
const base = zoneRecords(1);
const soaOne = base.slice(0, 2);
const bobsRecords = base.filter(({ name: owner }) => owner.toString().startsWith('5.2.1.'));
const toSerial = (to: number, removed: RR[], added: RR[], from = soaOne) => {
  const [after, ...signatures] = soaOf(to);
  return {
    from: from[0]!,
    to: after!,
    removed: [...from.slice(1), ...removed],
    added: [...signatures, ...added],
  };
};

function served(records: Iterable<RR>): { zone: ServedZone; store: ZoneStore; view: ZoneView } {
  const zone = new ServedZone(apex);
  const store = ZoneStore.of(apex, records);
  zone.serve(store);
  return { zone, store, view: zone.view() };
}

type There = 'records' | 'empty' | 'nothing';

function look(view: ZoneView, at: Name): There {
  const { wire } = at.lower();
  expect(view.take()).toBe(true);
  try {
    const node = view.node(wire, 0, wire.length);
    if (view.isEmptyNonTerminal(wire, 0, wire.length)) return 'empty';
    return node === 0 ? 'nothing' : 'records';
  } finally {
    view.release();
  }
}

describe('a zone', () => {
  it('finds nodes, empty non-terminals, and that there is nothing', () => {
    const { view } = served(base);
    expect(look(view, Name.parse('3.2.1.0.0.9.0.0.7.7.4.4.E164.CALLBOOK.example.'))).toBe('records');
    for (const empty of ['e164', '4.e164', '0.0.7.7.4.4.e164', '2.1.0.0.9.0.0.7.7.4.4.e164'])
      expect(look(view, name(empty)), empty).toBe('empty');
    for (const nothing of ['5.e164', '4.2.1.0.0.9.0.0.7.7.4.4.e164', 'x', '1.3.2.1.0.0.9.0.0.7.7.4.4.e164'])
      expect(look(view, name(nothing)), nothing).toBe('nothing');
    for (const outside of ['example.', '.', 'xcallbook.example.', 'callbook.example.net.'])
      expect(look(view, Name.parse(outside)), outside).toBe('nothing');
  });

  it('has its sets in order of type, as octets that can be copied into an answer', () => {
    const { view } = served(base);
    const set = emptySet();
    view.take();
    const types = Array.from({ length: view.setCount(view.apexNode) }, (_, index) => {
      view.setByIndex(view.apexNode, index, set);
      return set.type;
    });
    expect(types).toEqual([RRType.NS, RRType.SOA, RRType.DNSKEY]);
    expect(view.set(view.apexNode, RRType.DNSKEY, set)).toBe(true);
    expect(set).toMatchObject({ type: RRType.DNSKEY, ttl: 3_600, count: 3, signatureCount: 1 });
    expect([...set.octets.subarray(set.start, set.start + 10)]).toEqual([0xc0, 12, 0, 48, 0, 1, 0, 0, 14, 16]);
    expect([...set.octets.subarray(set.plainEnd, set.plainEnd + 4)]).toEqual([0xc0, 12, 0, 46]);
    expect(view.set(view.apexNode, RRType.A, set)).toBe(false);
    const into = new Uint8Array(255);
    const { wire } = name('ns1');
    expect(view.ownerInto(view.node(wire, 0, wire.length), into, 3)).toBe(3 + wire.length);
    expect(into.subarray(3, 3 + wire.length)).toEqual(wire);
    view.release();
  });

  it('moves to the next serial with what was removed and added', () => {
    const { store, view } = served(base);
    view.take();
    const before = view.edition;
    view.release();
    store.apply(toSerial(2, bobsRecords, signed('7.7.e164 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:carol@example.net!" .')));
    expect(store.serial).toBe(2);
    expect(look(view, name('5.2.1.0.0.9.0.0.7.7.4.4.e164'))).toBe('nothing');
    expect(look(view, name('7.7.e164'))).toBe('records');
    expect(look(view, name('7.e164'))).toBe('empty');
    expect(view.edition).toBe(before + 1);
  });

  it.each([
    ['begins at another serial', () => toSerial(6, [], [], soaOf(5))],
    ['removes a record that is not there', () => toSerial(2, signed('x TXT "x"'), [])],
    ['adds a record that is there', () => toSerial(2, [], bobsRecords)],
    [
      'adds a record outside the zone',
      () => toSerial(2, [], [{ ...bobsRecords[0]!, name: Name.parse('example.net.') }]),
    ],
    ['leaves a signature that covers nothing', () => toSerial(2, [bobsRecords[0]!], [])],
    ['leaves two SOA records', () => toSerial(2, [], soaOf(7))],
    ['takes the SOA record away', () => ({ ...toSerial(2, [], []), to: { ...soaOf(2)[0]!, name: name('x') } })],
  ])('stays as it was when an entry %s', (_, entry) => {
    const { store, view } = served(base);
    view.take();
    const before = { edition: view.edition, text: text(store.records()) };
    view.release();
    expect(() => store.apply(entry())).toThrow(ZoneError);
    view.take();
    expect({ edition: view.edition, text: text(store.records()) }).toEqual(before);
    expect(store.serial).toBe(1);
  });

  it.each([
    ['without a SOA record', () => base.filter(({ type }) => type !== RRType.SOA)],
    ['with a record outside', () => [...base, { ...base[0]!, name: Name.parse('example.') }]],
    ['with a signature that covers nothing', () => base.filter(({ type }) => type !== RRType.NAPTR)],
    ['with a record of another class', () => [...base, { ...bobsRecords[0]!, class: 3 }]],
  ])('is none %s', (_, records) => {
    expect(() => ZoneStore.of(apex, records())).toThrow(ZoneError);
  });

  it('gives back, record for record, what it was made of, SOA first, in whatever order that came', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(base, { minLength: base.length }), (records) => {
        const store = ZoneStore.of(apex, records);
        expect(text(store.records())).toEqual(text(base));
        expect([...store.records()][0]!.type).toBe(RRType.SOA);
        expect(store.size).toBe(5);
      }),
      { numRuns: 30 },
    );
  });

  it('can come as octets in pieces, cut anywhere, in memory that is used again', () => {
    const octets = Buffer.concat(base.map(writeRR));
    fc.assert(
      fc.property(fc.array(fc.nat(octets.length), { maxLength: 40 }), (places) => {
        const loading = ZoneStore.load(apex);
        const cuts = [0, ...places.sort((a, b) => a - b), octets.length];
        const again = Buffer.alloc(octets.length);
        for (const [index, end] of cuts.slice(1).entries()) {
          const length = octets.copy(again, 0, cuts[index], end);
          loading.add(again.subarray(0, length));
          again.fill(0xff);
        }
        expect(text(loading.finish().records())).toEqual(text(base));
      }),
      { numRuns: 50 },
    );
    const loading = ZoneStore.load(apex);
    loading.add(octets.subarray(0, -1));
    expect(() => loading.finish()).toThrow(ZoneError);
  });

  it('that another took the place of is whole for those who hold it, and does not change', () => {
    const { zone, store, view } = served(base);
    const holding = zone.view();
    holding.take();
    const [one, other] = [zone.pin()!, zone.pin()!];
    store.apply(toSerial(2, bobsRecords, []));
    view.take();
    zone.serve(ZoneStore.of(apex, zoneRecords(9)));
    one.release();
    expect(text(other.records())).toEqual(text(base));
    expect([other.serial, zone.pin()!.serial]).toEqual([1, 9]);
    const bob = name('5.2.1.0.0.9.0.0.7.7.4.4.e164').wire;
    expect(view.node(bob, 0, bob.length)).toBe(0);
    view.release();
    expect(look(view, name('5.2.1.0.0.9.0.0.7.7.4.4.e164'))).toBe('records');
    expect(() => store.apply(toSerial(3, [], []))).toThrow(TypeError);
  });

  it('knows what lies below a delegation or a DNAME, as they come and go', () => {
    const { store, view } = served(base);
    const flags = (at: string) => {
      const { wire } = name(at);
      view.take();
      const found = view.flags(view.node(wire, 0, wire.length));
      view.release();
      return found;
    };
    const bob = '5.2.1.0.0.9.0.0.7.7.4.4.e164';
    expect([flags(bob), view.hasCuts]).toEqual([0, false]);
    const delegation = signed('7.7.4.4.e164 NS ns.example.net.');
    store.apply(toSerial(2, [], delegation));
    expect([flags(bob), flags('7.7.4.4.e164'), view.hasCuts]).toEqual([nodeFlag.occluded, nodeFlag.cut, true]);
    const second = [...store.soa.set.rdatas.map((rdata) => ({ ...soaOne[0]!, rdata })), ...store.soa.signatures];
    const carol = signed('9.9.7.7.4.4.e164 TXT "glue"');
    store.apply(toSerial(3, [], carol, second));
    expect([flags('9.9.7.7.4.4.e164'), flags('e164')]).toEqual([nodeFlag.occluded, nodeFlag.empty]);
    const third = [...store.soa.set.rdatas.map((rdata) => ({ ...soaOne[0]!, rdata })), ...store.soa.signatures];
    store.apply(toSerial(4, delegation, signed('*.w DNAME example.net.'), third));
    expect([flags(bob), flags('9.9.7.7.4.4.e164'), view.hasCuts, view.hasWildcards]).toEqual([0, 0, true, true]);
    expect([flags('w'), flags('*.w')]).toEqual([nodeFlag.wildcardBelow | nodeFlag.empty, nodeFlag.dname]);
  });
});
