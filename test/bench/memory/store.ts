import { writeRR } from '@callbook/dns';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { zoneOfFile } from '../../../apps/lookup/src/feed/zone-file.js';
import { ZoneStore } from '../../../apps/lookup/src/zone/zone-store.js';

const pieceOctets = 128 * 1_024;

/** The octets that the store itself needs, and the same zone as a snapshot. */
export function exportSnapshot(
  zoneFile: string,
  snapshotFile: string,
): { readonly live: number; readonly held: number } {
  const store = zoneOfFile(zoneFile, 0);
  const descriptor = openSync(snapshotFile, 'w');
  let [piece, length]: [Uint8Array[], number] = [[], 0];
  const flush = () => {
    writeSync(descriptor, Buffer.concat(piece));
    [piece, length] = [[], 0];
  };
  for (const record of store.records()) {
    const octets = writeRR(record);
    piece.push(octets);
    length += octets.length;
    if (length > pieceOctets) flush();
  }
  flush();
  closeSync(descriptor);
  return store.octets;
}

/** Seconds from the first octet of a snapshot to a zone that can be served: what a replica does at its start, but for the way from the event stream. */
export function loadSnapshot(file: string, apex: ZoneStore['apex']['name']): number {
  const begun = performance.now();
  const descriptor = openSync(file, 'r');
  const piece = Buffer.alloc(pieceOctets);
  const hash = createHash('sha256');
  const loading = ZoneStore.load(apex);
  for (let length; (length = readSync(descriptor, piece)) > 0;) {
    hash.update(piece.subarray(0, length));
    loading.add(piece.subarray(0, length));
  }
  hash.digest();
  loading.finish();
  closeSync(descriptor);
  return (performance.now() - begun) / 1_000;
}
