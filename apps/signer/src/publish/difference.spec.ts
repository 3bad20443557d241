import { Name, readZoneFile, readRRs, rrsetsOf, textOf } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordDifference, recordsOf, type SignedSet, type WantedSet } from '../zone/signed-set.js';
import { subjectOf } from '../zone/subject.js';
import { difference } from './difference.js';

const origin = Name.parse('e164.callbook.example');
const subject = subjectOf('tel:+447700900123');
const wanted = (text: string): WantedSet[] =>
  rrsetsOf(readZoneFile(text, { origin, ttl: 300 })).map((set) => ({ subject, set }));
const aSignature = new Uint8Array([1]);
const stored = (text: string, signatures: Uint8Array = aSignature): SignedSet[] =>
  wanted(text).map(({ set }) => ({
    subject,
    owner: set.name.lower(),
    type: set.type,
    records: recordsOf(set),
    signatures,
    expires: 0,
  }));
const names = (before: string, after: string) => {
  const { remove, put } = difference(stored(before), wanted(after));
  return {
    remove: remove.map(({ owner, type }) => `${owner} ${type}`),
    put: put.map(({ wanted: { set }, before: there }) => `${there ? 'change' : 'add'} ${set.name} ${set.type}`),
  };
};

it('a set that comes under a cut, or out from under it, changes though its records stay', () => {
  const [one] = wanted('a IN A 192.0.2.1');
  const unsigned = new Uint8Array();
  const changes = (signatures: Uint8Array, want: WantedSet) =>
    difference(stored('a IN A 192.0.2.1', signatures), [want]).put.length;
  expect([changes(aSignature, one!), changes(unsigned, { ...one!, unsigned: true })]).toEqual([0, 0]);
  expect([changes(unsigned, one!), changes(aSignature, { ...one!, unsigned: true })]).toEqual([1, 1]);
});

describe('the difference of RRsets', () => {
  it('is nothing when they are equal, in whatever order and case they are written', () => {
    expect(names('a IN A 192.0.2.1\na IN A 192.0.2.2', 'A IN A 192.0.2.2\nA IN A 192.0.2.1')).toEqual({
      remove: [],
      put: [],
    });
  });

  it('names what comes, what changes and what goes', () => {
    expect(
      names(
        'a IN A 192.0.2.1\nb IN A 192.0.2.1\nc IN A 192.0.2.1',
        'a IN A 192.0.2.1\nb IN A 192.0.2.9\nd IN A 192.0.2.1',
      ),
    ).toEqual({
      remove: ['c.e164.callbook.example. 1'],
      put: ['change b.e164.callbook.example. 1', 'add d.e164.callbook.example. 1'],
    });
  });

  it('sees a TTL that changed', () => {
    expect(names('a 300 IN A 192.0.2.1', 'a 60 IN A 192.0.2.1').put).toHaveLength(1);
  });
});

describe('the difference of records', () => {
  const octets = (hosts: readonly number[]) => {
    const set = wanted(hosts.map((host) => `a IN A 192.0.2.${host}`).join('\n'))[0];
    return set ? recordsOf(set.set) : new Uint8Array();
  };
  const hosts = fc.uniqueArray(fc.integer({ min: 1, max: 6 }));

  it('leads from one to the other, and touches nothing that stays', () => {
    fc.assert(
      fc.property(hosts, hosts, (before, after) => {
        const { removed, added } = recordDifference(octets(before), octets(after));
        const result = new Set(readRRs(octets(before)).map(textOf));
        for (const rr of removed) expect(result.delete(textOf(rr))).toBe(true);
        for (const rr of added) expect(result.has(textOf(rr))).toBe(false);
        for (const rr of added) result.add(textOf(rr));
        expect([...result].sort()).toEqual(readRRs(octets(after)).map(textOf).sort());
        expect(removed.length + added.length).toBe(
          before.filter((host) => !after.includes(host)).length + after.filter((host) => !before.includes(host)).length,
        );
      }),
    );
  });
});
