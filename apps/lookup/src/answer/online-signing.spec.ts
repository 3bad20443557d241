import { Name, nsec, Rcode, RRType, type EdnsOption, type Message, type Nsec } from '@callbook/dns';
import { compactDenial, generateZoneKey } from '@callbook/dnssec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCookies } from '../limits/cookies.js';
import { apex, denialKey, now, zoneRecords } from '../signed-zone.fixture.js';
import { askingFor, dnssec } from './asking.fixture.js';
import { chainedZone } from './chained-zone.fixture.js';
import { ProofCache } from './proof-cache.js';
import { successorInto } from './successor.js';
import { TypeBitmap } from './type-bitmap.js';

const seed = Number(process.env['CALLBOOK_SEED'] ?? 1);
const nobody = '4.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const label = fc.oneof(
  fc.constantFrom('1', '2', '3', 'e164', '*', 'a', 'A'),
  fc.uint8Array({ minLength: 1, maxLength: 63 }).map((octets) => octets),
);
const nameOf = (labels: readonly (string | Uint8Array)[]): Name | undefined => {
  const octets = [...labels.map((each) => Uint8Array.from(Buffer.from(each as string))), ...apex.labels];
  return octets.reduce((sum, each) => sum + each.length + 1, 1) <= 255 ? Name.ofLabels(octets) : undefined;
};
const name = fc
  .array(label, { minLength: 1, maxLength: 14 })
  .map(nameOf)
  .filter((each) => each !== undefined);

const nsecOf = ({ answers, authorities }: Message): { owner: Name } & Nsec => {
  const record = [...answers, ...authorities].find(({ type }) => type === RRType.NSEC)!;
  return { owner: record.name, ...nsec.read(record.rdata) };
};

describe('a denial that is made on line', () => {
  const records = zoneRecords(7);
  const { ask } = askingFor(records, { signaturesPerSecond: 1e9 });
  const existing = [...new Map(records.map((record) => [record.name.key, record.name])).values()];

  it('of a name covers no other one: neither one that is there, nor one that will be (D21)', () => {
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 5 }), (missing, others) => {
        const proof = nsecOf(ask(missing, 'TYPE65400', { edns: dnssec }));
        expect(proof.owner.equals(missing)).toBe(true);
        for (const other of [...existing, ...others])
          if (!other.equals(missing)) {
            const after = Name.compare(other, proof.owner) > 0;
            const before = Name.compare(other, proof.next) < 0 || proof.next.equals(apex);
            expect(after && before, `${other} by ${missing}`).toBe(false);
          }
      }),
      { numRuns: 400, seed },
    );
  });

  it('of a type never denies one that is there', () => {
    for (const each of existing) {
      const { types } = nsecOf(ask(each, 'TYPE65400', { edns: dnssec }));
      for (const record of records) if (record.name.equals(each)) expect(types).toContain(record.type);
      expect(types).not.toContain(RRType.NXNAME);
    }
  });

  it('follows the zone: what comes into being is not denied any more', () => {
    const asking = askingFor(zoneRecords(7));
    const denied = () => nsecOf(asking.ask(nobody, 'A', { edns: dnssec })).types.includes(RRType.NXNAME);
    expect([denied(), denied()]).toEqual([true, true]);
    const [from] = zoneRecords(7);
    const [to] = zoneRecords(8);
    const added = { ...zoneRecords(7).find(({ type }) => type === RRType.NAPTR)!, name: Name.parse(nobody) };
    asking.zone.current!.apply({ from: from!, to: to!, removed: [], added: [added] });
    expect([denied(), denied()]).toEqual([false, false]);
    expect(nsecOf(asking.ask(nobody, 'A', { edns: dnssec })).types).toContain(RRType.NAPTR);
  });
});

/** How often the key was asked for a signature: what is cached needs none, so a clock that only signing reads tells. */
const countingClock = () => {
  const counted = { signatures: 0 };
  return { counted, clock: () => ((counted.signatures += 1), now) };
};

describe('a proof', () => {
  it('is made once for all who ask within a while, whatever their letters, and whatever type they ask for', () => {
    const { counted, clock } = countingClock();
    const { ask } = askingFor(zoneRecords(7), { clock });
    ask(nobody, 'A', { edns: dnssec });
    const { signatures } = counted;
    for (const asked of [nobody, nobody.toUpperCase()])
      for (const type of ['A', 'TXT', 'NAPTR', 'NSEC']) ask(asked, type, { edns: dnssec });
    expect(counted.signatures).toBe(signatures);
  });

  it('of one key is not given for another', () => {
    let key = denialKey;
    const { ask } = askingFor(zoneRecords(7), { denialKeys: () => key });
    const tagOf = () => Buffer.from(ask(nobody, 'A', { edns: dnssec }).authorities.at(-1)!.rdata).readUInt16BE(16);
    expect(tagOf()).toBe(key.tag);
    key = generateZoneKey(13, 256, [denialKey.tag]);
    expect(tagOf()).toBe(key.tag);
  });

  it('costs over UDP no more signatures a second than are set, and half as many those who may have forged their address; they come back over TCP', () => {
    let time = now;
    const cookies = createCookies([new Uint8Array(16)], () => time);
    const { ask } = askingFor(zoneRecords(7), { clock: () => time, signaturesPerSecond: 100, cookies });
    const option: EdnsOption = { code: 10, data: Buffer.alloc(8, 1) };
    const cookie = ask(nobody, 'A', { edns: { ...dnssec, options: [option] } }).edns!.options[0]!;
    let asked = 0;
    const signed = (given: { carrier?: 'tcp'; options?: EdnsOption[] }) => {
      let count = 0;
      for (let n = 0; n < 200; n += 1) {
        asked += 1;
        const { options = [], carrier } = given;
        const reply = ask(`n${asked}.callbook.example.`, 'A', {
          edns: { ...dnssec, options },
          ...(carrier && { carrier }),
        });
        if (!reply.truncated) {
          expect(nsecOf(reply).owner.toString()).toBe(`n${asked}.callbook.example.`);
          count += 1;
        } else
          expect(reply).toMatchObject({ rcode: Rcode.NOERROR, answers: [], authorities: [], edns: { dnssecOk: true } });
      }
      return count;
    };
    time += 10_000;
    expect(signed({})).toBe(50);
    expect(signed({ options: [cookie] })).toBe(50);
    expect(signed({ carrier: 'tcp' })).toBe(200);
    expect(signed({ options: [cookie] })).toBe(0);
    time += 500;
    expect(signed({ options: [cookie] })).toBe(50);
    time += 10_000;
    expect(signed({})).toBe(50);
    // What needs no signature is answered all the same.
    expect(ask('callbook.example.', 'SOA', { edns: dnssec }).truncated).toBe(false);
    expect(ask('nobody.callbook.example.', 'A')).toMatchObject({ rcode: Rcode.NXDOMAIN, truncated: false });
  });

  it('of what a wildcard stands for is made anew when the wildcard has changed', () => {
    const zone = (address: string) =>
      `@ SOA ns1 hostmaster 7 3600 900 604800 60\n@ NS ns1\nns1 A 192.0.2.1\n*.w A ${address}\n`;
    const { counted, clock } = countingClock();
    const { ask, zone: served } = askingFor(chainedZone(zone('192.0.2.2'), 'compact'), { clock });
    const rdata = () => ask('x.w.callbook.example.', 'A', { edns: dnssec }).answers.map((record) => record.rdata);
    const first = rdata();
    const { signatures } = counted;
    expect(rdata()).toEqual(first);
    expect(counted.signatures).toBe(signatures);
    const from = chainedZone(zone('192.0.2.2'), 'compact');
    const to = chainedZone(zone('192.0.2.3').replace('hostmaster 7', 'hostmaster 8'), 'compact');
    const wild = (records: typeof from) =>
      records.filter((each) => each.name.toString().startsWith('*') && each.type === 1);
    served.current!.apply({ from: from[0]!, to: to[0]!, removed: wild(from), added: wild(to) });
    const second = rdata();
    expect(second[0]).toEqual(Uint8Array.of(192, 0, 2, 3));
    expect(second[1]).not.toEqual(first[1]);
  });
});

describe('the memory for proofs', () => {
  const octets = (text: string) => Buffer.from(text);
  const cacheOf = (room: number, entries: number) => {
    const memory = new Uint8Array(200);
    const cache = new ProofCache(memory, seed, room, entries);
    const given = (key: string) => {
      memory.fill(0);
      memory.set(octets(key));
      return key.length;
    };
    return {
      cache,
      put: (key: string, value: string) => cache.put(given(key), octets(value), value.length),
      get: (key: string) =>
        cache.find(given(key)) ? Buffer.from(cache.octets.slice(cache.start, cache.end)).toString() : undefined,
    };
  };

  it('gives back what was put, until it has aged twice', () => {
    const { cache, put, get } = cacheOf(10_000, 100);
    put('a', 'one');
    cache.age();
    put('b', 'two');
    expect([get('a'), get('b'), get('c')]).toEqual(['one', 'two', undefined]);
    cache.age();
    expect([get('a'), get('b')]).toEqual([undefined, 'two']);
  });

  it('holds nothing of what it has forgotten', () => {
    const { cache, put } = cacheOf(10_000, 100);
    put('secret.example', 'value');
    const { octets: memory } = cache;
    expect(Buffer.from(memory).includes('secret')).toBe(true);
    cache.age();
    cache.age();
    expect(memory.every((octet) => octet === 0)).toBe(true);
  });

  it('is a map that may forget, and never grows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40 })), { maxLength: 300 }),
        (entries) => {
          const { put, get } = cacheOf(1_000, 16);
          const model = new Map<string, string>();
          for (const [key, value] of entries) {
            const [k, v] = [encodeURIComponent(key), encodeURIComponent(value)].map((each) => each.slice(0, 60));
            const found = get(k!);
            if (found !== undefined) expect(found).toBe(model.get(k!));
            else {
              put(k!, v!);
              model.set(k!, v!);
              expect(get(k!)).toBe(v);
            }
          }
        },
      ),
      { numRuns: 200, seed },
    );
  });
});

describe('the octets of a denial', () => {
  it('have the successor and the bitmap of another maker', () => {
    const into = new Uint8Array(600);
    const bitmap = new TypeBitmap();
    const types = fc.uniqueArray(
      fc.integer({ min: 1, max: 65_535 }).filter((type) => type !== RRType.OPT && (type < 128 || type > 255)),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          name,
          fc
            .array(
              fc.constantFrom(new Uint8Array(63).fill(255), new Uint8Array(45).fill(255), new Uint8Array(44).fill(64)),
              { minLength: 3, maxLength: 4 },
            )
            .map(nameOf)
            .filter((each) => each !== undefined),
        ),
        types,
        (owner, existing) => {
          const { wire } = owner.lower();
          const end = successorInto(wire, 0, wire.length, into, 0);
          bitmap.begin();
          for (const type of existing.sort((a, b) => a - b)) bitmap.add(type);
          bitmap.finish();
          const [expected] = compactDenial(owner, existing, 60).rdatas;
          const made = Buffer.concat([into.subarray(0, end), bitmap.octets.subarray(0, bitmap.length)]);
          expect(made.equals(expected!)).toBe(true);
        },
      ),
      { numRuns: 2_000, seed },
    );
    bitmap.ofNothing();
    const [nothing] = compactDenial(apex, 'nxname', 60).rdatas;
    expect(Buffer.from(nothing!).subarray(-bitmap.length).equals(bitmap.octets.subarray(0, bitmap.length))).toBe(true);
  });
});
