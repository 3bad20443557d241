import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { ZoneMemory } from './zone-memory.js';
import { suffices, ZoneReader, type MemoryShape } from './zone-reader.js';
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
export interface SentMemory {
  readonly store: number;
  /** Of the zone, from the first that was not sent before. */
  readonly segments: readonly SharedArrayBuffer[];
  readonly index?: { readonly id: number; readonly slots: SharedArrayBuffer };
  readonly chain?: { readonly id: number; readonly refs: SharedArrayBuffer };
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
  // No further than needed: what comes later may belong to another zone.
  const receiveUntil = (enough: () => boolean) => {
    while (!enough()) {
      const next = receiveMessageOnPort(port);
      if (!next) throw new Error('memory of the zone was not sent');
      shape = received(shape, next.message as SentMemory);
    }
  };
  return new ZoneReader(control, slot, apex, (place) => {
    receiveUntil(() => suffices(shape, place));
    const { memory } = shape;
    memory.fetch = () => {
      const before = memory.words.length;
      receiveUntil(() => memory.words.length > before);
    };
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
