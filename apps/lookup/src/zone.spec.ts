import { Name, RRType, textOf, type RR } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apex, signed, soaText, zoneRecords } from './signed-zone.fixture.js';
import { Zone, ZoneError } from './zone.js';

const soaOf = (serial: number) => signed(soaText(serial));
const change = (from: number, to: number, removed: RR[], added: RR[]) => {
  const [before, ...beforeSignatures] = soaOf(from);
  const [after, ...afterSignatures] = soaOf(to);
  return {
    from: before!,
    to: after!,
    removed: [...beforeSignatures, ...removed],
    added: [...afterSignatures, ...added],
  };
};
const text = (zone: Zone) => [...zone.records()].map(textOf).sort();
const name = (prefix: string) => Name.parse(`${prefix}.callbook.example.`);
/** ECDSA signatures differ each time they are made, so that a test keeps those that it means to remove. */
const base = zoneRecords(1);
const soaOne = base.slice(0, 2);
const bobsRecords = base.filter(({ name: owner }) => owner.toString().startsWith('5.2.1.'));
const toSerial = (to: number, removed: RR[], added: RR[]) => ({
  ...change(1, to, removed, added),
  from: soaOne[0]!,
  removed: [soaOne[1]!, ...removed],
});

describe('a zone', () => {
  it('finds nodes, empty non-terminals, and that there is nothing, whatever the case of the question', () => {
    const zone = Zone.of(apex, base);
    expect(zone.find(Name.parse('3.2.1.0.0.9.0.0.7.7.4.4.E164.CALLBOOK.example.'))).toMatchObject({ kind: 'node' });
    for (const empty of ['e164', '4.e164', '0.0.7.7.4.4.e164', '2.1.0.0.9.0.0.7.7.4.4.e164'])
      expect(zone.find(name(empty)), empty).toEqual({ kind: 'empty' });
    for (const nothing of ['5.e164', '4.2.1.0.0.9.0.0.7.7.4.4.e164', 'x', '1.3.2.1.0.0.9.0.0.7.7.4.4.e164'])
      expect(zone.find(name(nothing)), nothing).toEqual({ kind: 'nothing' });
    for (const outside of ['example.', '.', 'xcallbook.example.'])
      expect(zone.find(Name.parse(outside)), outside).toEqual({ kind: 'outside' });
  });

  it('moves to the next serial with what was removed and added', () => {
    const zone = Zone.of(apex, base);
    zone.apply(toSerial(2, bobsRecords, signed('7.7.e164 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:carol@example.net!" .')));
    expect(zone.serial).toBe(2);
    expect(zone.find(name('5.2.1.0.0.9.0.0.7.7.4.4.e164'))).toEqual({ kind: 'nothing' });
    expect(zone.find(name('7.7.e164'))).toMatchObject({ kind: 'node' });
    expect(zone.find(name('7.e164'))).toEqual({ kind: 'empty' });
  });

  it.each([
    ['begins at another serial', () => change(5, 6, [], [])],
    ['removes a record that is not there', () => toSerial(2, signed('x TXT "x"'), [])],
    ['adds a record that is there', () => toSerial(2, [], bobsRecords)],
    [
      'adds a record outside the zone',
      () => toSerial(2, [], [{ ...bobsRecords[0]!, name: Name.parse('example.net.') }]),
    ],
    ['leaves a signature that covers nothing', () => toSerial(2, [bobsRecords[0]!], [])],
  ])('stays as it was when an entry %s', (_, entry) => {
    const zone = Zone.of(apex, base);
    const before = text(zone);
    expect(() => zone.apply(entry())).toThrow(ZoneError);
    expect(text(zone)).toEqual(before);
    expect(zone.serial).toBe(1);
  });

  it('gives back, record for record, what it was made of', () => {
    expect(text(Zone.of(apex, base))).toEqual(base.map(textOf).sort());
  });

  it('is the same after any changes as one made of the records at the end', () => {
    const label = fc.constantFrom('1', '2', '1.2', '2.1', '1.1.2', 'x.1');
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(label, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), (steps) => {
        const zone = Zone.of(apex, base);
        const [currentSoa, live] = [[...soaOne], new Map<string, RR>()];
        steps.forEach((labels, step) => {
          const [from, ...fromSignatures] = currentSoa;
          const [to, ...toSignatures] = soaOf(step + 2);
          const removed = labels.flatMap((each) => live.get(each) ?? []);
          const added = labels
            .filter((each) => !live.has(each))
            .map((each): RR => ({
              name: name(each),
              type: RRType.TXT,
              class: 1,
              ttl: 1,
              rdata: new Uint8Array([1, 65]),
            }));
          zone.apply({
            from: from!,
            to: to!,
            removed: [...fromSignatures, ...removed],
            added: [...toSignatures, ...added],
          });
          for (const each of labels)
            if (!live.delete(each))
              live.set(
                each,
                added.find((rr) => rr.name.equals(name(each)))!,
              );
          currentSoa.splice(0, currentSoa.length, to!, ...toSignatures);
        });
        const fresh = Zone.of(apex, [...currentSoa, ...base.slice(2), ...live.values()]);
        expect(text(zone)).toEqual(text(fresh));
        expect(zone.size).toBe(fresh.size);
        for (const each of ['1', '2', '1.2', '2.1', '1.1.2', 'x.1', '1.1'])
          expect(zone.find(name(each)).kind).toBe(fresh.find(name(each)).kind);
      }),
      { numRuns: 50 },
    );
  });
});
