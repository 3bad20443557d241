import type { Name, RR } from '@callbook/dns';
import type { MessagePort } from 'node:worker_threads';
import type { ReaderHandle, SentMemory } from './open-zone-view.js';
import { recordsIn, setAt, type SignedSet } from './node-records.js';
import { ZoneEditions, type EditionPlace } from './zone-editions.js';
import { ZoneApex } from './zone-name.js';
import { ZoneReader } from './zone-reader.js';
import type { ZoneStore } from './zone-store.js';
import type { ZoneView } from './zone-view.js';

/** An edition that is held while the zone moves on. */
export interface PinnedZone {
  readonly apex: Name;
  readonly serial: number;
  readonly soa: RR;
  /** Of the memory in which the records lie; as records they take about as many. */
  readonly octets: number;
  set(name: Name, type: number): SignedSet | undefined;
  /** Every record, SOA first; as slowly as the caller likes. */
  records(): Generator<RR>;
  release(): void;
}

interface Receiver {
  readonly port: MessagePort;
  sent: { store: number; segments: number; index: number; chain: number };
}

/** The zone that is served: now this store, later perhaps another; to readers one row of editions. */
export class ServedZone {
  readonly apex: ZoneApex;
  readonly editions = new ZoneEditions();
  private readonly receivers = new Map<number, Receiver>();
  private store: ZoneStore | undefined;

  constructor(apex: Name) {
    this.apex = new ZoneApex(apex);
  }

  /** Undefined until there is one. It may be changed by `apply` only. */
  get current(): ZoneStore | undefined {
    return this.store;
  }

  /** Every reader sees this one from its next edition on. */
  serve(store: ZoneStore): void {
    if (store === this.store) return;
    if (!store.apex.name.equals(this.apex.name)) throw new TypeError('another zone is served here');
    this.store?.leave();
    this.store = store;
    store.publishTo({
      editions: this.editions,
      grown: () => this.sendSegments(),
      publish: (place) => this.publish(place),
    });
  }

  /** For this thread. */
  view(): ZoneView {
    const slot = this.editions.addReader();
    return new ZoneReader(this.editions.control, slot, this.apex.wire, () => this.store!.shape);
  }

  /**
   * For another thread: `openZoneView(handle)` there. `near` is this side's end of a channel of which `far` goes into the handle. When the thread is no more,
   * `detachReader` lets go of what it held.
   */
  attachReader(near: MessagePort, far: MessagePort): ReaderHandle {
    const slot = this.editions.addReader();
    const receiver = { port: near, sent: { store: 0, segments: 0, index: 0, chain: 0 } };
    this.receivers.set(slot, receiver);
    near.unref();
    if (this.store) this.send(receiver, this.store, this.store.place());
    return { control: this.editions.control, slot, apex: this.apex.wire, port: far };
  }

  detachReader({ slot }: Pick<ReaderHandle, 'slot'>): void {
    this.receivers.get(slot)?.port.close();
    this.receivers.delete(slot);
    this.editions.removeReader(slot);
  }

  /** The newest edition, for as long as somebody wants it: a transfer takes its time. Undefined while there is none. */
  pin(): PinnedZone | undefined {
    const { store } = this;
    if (!store) return undefined;
    const release = this.editions.pin();
    const { moment, serial, soaRecord: soa } = store;
    return {
      apex: this.apex.name,
      serial,
      soa,
      octets: store.octets.live,
      set: (name, type) => setAt(moment, name, type),
      records: () => recordsIn(moment),
      release: () => {
        release();
        store.reclaim();
      },
    };
  }

  private publish(place: EditionPlace): void {
    for (const receiver of this.receivers.values()) this.send(receiver, this.store!, place);
    this.editions.publish(place);
  }

  /** Readers of older editions come upon what lies there, too. */
  private sendSegments(): void {
    for (const { port, sent } of this.receivers.values()) {
      const { segments } = this.store!.memory;
      port.postMessage({ store: sent.store, segments: segments.slice(sent.segments) } satisfies SentMemory);
      sent.segments = segments.length;
    }
  }

  private send({ port, sent }: Receiver, store: ZoneStore, place: EditionPlace): void {
    const news = sent.store !== place.store;
    const from = news ? 0 : sent.segments;
    const index = news || sent.index !== place.index;
    const chain = place.chain !== 0 && sent.chain !== place.chain;
    if (!index && !chain && from === place.segments) return;
    const { shape } = store;
    const message: SentMemory = {
      store: place.store,
      segments: store.memory.segments.slice(from, place.segments),
      ...(index && { index: { id: shape.index.id, slots: shape.index.slots.buffer as SharedArrayBuffer } }),
      ...(chain && { chain: { id: shape.chain.id, refs: shape.chain.refs.buffer as SharedArrayBuffer } }),
    };
    port.postMessage(message);
    Object.assign(sent, { store: place.store, segments: place.segments, index: place.index, chain: place.chain });
  }
}
