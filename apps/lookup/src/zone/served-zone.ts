import type { Name, RR } from '@callbook/dns';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { recordsIn, setAt, type SignedSet } from './node-records.js';
import { ZoneEditions, type EditionPlace } from './zone-editions.js';
import { ZoneMemory } from './zone-memory.js';
import { ZoneApex } from './zone-name.js';
import { suffices, ZoneReader, type MemoryShape } from './zone-reader.js';
import type { ZoneStore } from './zone-store.js';
import type { ZoneView } from './zone-view.js';

/** What a thread needs to read the zone; to be posted to it, the port in the list of what is transferred. */
export interface ReaderHandle {
  readonly control: SharedArrayBuffer;
  readonly slot: number;
  /** Lower-cased wire form. */
  readonly apex: Uint8Array;
  readonly port: MessagePort;
}

/** Memory that a thread has not got yet. It is sent before the edition that needs it is published. */
interface SentMemory {
  readonly store: number;
  /** Of the zone, from the first that was not sent before. */
  readonly segments: readonly SharedArrayBuffer[];
  readonly index?: { readonly id: number; readonly slots: SharedArrayBuffer };
  readonly chain?: { readonly id: number; readonly refs: SharedArrayBuffer };
}

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
    store.publishTo({ editions: this.editions, publish: (place) => this.publish(place) });
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

/** The zone on another thread than that of its writer. What has grown is fetched when an edition needs it, also by a thread that never waits for messages. */
export function openZoneView({ control, slot, apex, port }: ReaderHandle): ZoneView {
  port.unref();
  let shape: MemoryShape = {
    store: 0,
    memory: new ZoneMemory(),
    index: { id: 0, slots: new Uint32Array(0) },
    chain: { id: 0, refs: new Uint32Array(0) },
  };
  return new ZoneReader(control, slot, apex, (place) => {
    // No further than needed: what comes later may belong to another zone.
    while (!suffices(shape, place)) {
      const next = receiveMessageOnPort(port);
      if (!next) throw new Error('memory of the zone was not sent');
      shape = received(shape, next.message as SentMemory);
    }
    return shape;
  });
}

function received(before: MemoryShape, { store, segments, index, chain }: SentMemory): MemoryShape {
  const memory = store === before.store ? before.memory : new ZoneMemory();
  for (const segment of segments) memory.add(segment);
  return {
    store,
    memory,
    index: index ? { id: index.id, slots: new Uint32Array(index.slots) } : before.index,
    chain: chain ? { id: chain.id, refs: new Uint32Array(chain.refs) } : before.chain,
  };
}
