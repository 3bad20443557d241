import type { JournalEntry } from '@callbook/contracts';
import { Name, readZoneFile, RRType, txt, type RR } from '@callbook/dns';
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { apex } from '../signed-zone.fixture.js';
import { ServedZone } from './served-zone.js';
import { ZoneStore } from './zone-store.js';

const parse = (text: string) => Name.parse(`${text}.callbook.example.`);
const names = {
  one: parse('one'),
  other: parse('other.place'),
  odd: parse('_odd.3.2.1.e164'),
  number: parse('7.8.9.e164'),
  above: parse('8.9.e164'),
};
const record = (name: Name, count: number): RR => ({
  name,
  ...{ type: RRType.TXT, class: 1, ttl: 60, rdata: txt.write({ strings: [String(count)] }) },
});
const soa = (serial: number): RR =>
  readZoneFile(`@ 60 SOA ns1 hostmaster ${serial} 3600 900 604800 60`, { origin: apex })[0]!;

/** What the zone says while the count stands somewhere: see reading-thread.fixture.mjs. */
const recordsAt = (count: number): RR[] => [
  record(names.one, count),
  record(names.other, count),
  ...(count % 2 === 1 ? [record(names.odd, count), record(names.number, count)] : []),
];
/** Names that come and stay a while, so that memory and index grow, and their room is used again. */
const visitor = (count: number) => record(parse(`${[...String(count)].join('.')}.5.e164`), count);
const stay = 3_000;

const entryTo = (count: number): JournalEntry => ({
  ...{ from: soa(count - 1), to: soa(count) },
  removed: [...recordsAt(count - 1), ...(count > stay ? [visitor(count - stay)] : [])],
  added: [...recordsAt(count), visitor(count)],
});

interface Seen {
  readonly takes: number;
  readonly editions: number;
  readonly mixed: number;
  readonly backwards: number;
}

class Reader {
  private readonly stopFlag = new SharedArrayBuffer(4);
  private worker: Worker | undefined;
  private ended: Promise<unknown[]> | undefined;
  private slot = 0;

  constructor(private readonly zone: ServedZone) {}

  async start(): Promise<this> {
    const { port1, port2 } = new MessageChannel();
    const handle = this.zone.attachReader(port1, port2);
    this.slot = handle.slot;
    this.worker = new Worker(new URL('./reading-thread.fixture.mjs', import.meta.url), {
      workerData: {
        ...{ handle, stop: this.stopFlag },
        names: Object.fromEntries(Object.entries(names).map(([what, name]) => [what, name.wire])),
      },
      transferList: [port2],
    });
    await once(this.worker, 'message');
    this.ended = once(this.worker, 'message');
    this.ended.catch(() => {});
    return this;
  }

  async stop(): Promise<Seen> {
    Atomics.store(new Int32Array(this.stopFlag), 0, 1);
    const [seen] = (await this.ended) as [Seen];
    await this.worker!.terminate();
    this.zone.detachReader({ slot: this.slot });
    return seen;
  }
}

describe('threads that read while the zone moves on', () => {
  it('see every edition whole, over 15,000 entries and a new snapshot, and leave nothing behind', async () => {
    const entries = 15_000;
    const zone = new ServedZone(apex);
    const base = (count: number) => [soa(count), ...recordsAt(count)];
    let store = ZoneStore.of(apex, [...base(1), visitor(1)]);
    zone.serve(store);
    const readers = await Promise.all([new Reader(zone).start(), new Reader(zone).start()]);
    for (let count = 2; count <= entries; count += 1) {
      store.apply(entryTo(count));
      // Readers come to their turn also where there is one processor.
      if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (count === entries / 2) {
        const records = [...store.records()];
        store = ZoneStore.of(apex, records, { seed: 7 });
        zone.serve(store);
      }
    }
    for (const seen of await Promise.all(readers.map((reader) => reader.stop()))) {
      expect(seen).toMatchObject({ mixed: 0, backwards: 0 });
      expect(seen.editions).toBeGreaterThan(1);
    }
    store.apply({ from: soa(entries), to: soa(entries + 1), removed: [], added: [] });
    store.apply({ from: soa(entries + 1), to: soa(entries + 2), removed: [], added: [] });
    expect(store.octets.retired).toBe(0);
    const fresh = ZoneStore.of(apex, store.records());
    expect(store.octets.live).toBeLessThan(1.3 * fresh.octets.live);
  }, 180_000);

  it('that hang keep what they may be reading, and no more once they are gone', async () => {
    const zone = new ServedZone(apex);
    const store = ZoneStore.of(apex, [soa(1), ...recordsAt(1), visitor(1)]);
    zone.serve(store);
    const hanging = zone.view();
    hanging.take();
    for (let count = 2; count <= 500; count += 1) store.apply(entryTo(count));
    expect(store.octets.retired).toBeGreaterThan(0);
    const wire = names.one.wire;
    expect(hanging.node(wire, 0, wire.length)).not.toBe(0);
    hanging.release();
    store.reclaim();
    expect(store.octets.retired).toBeLessThan(4_096);
  });
});
