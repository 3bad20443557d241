import { readZonePieces, RRType, type RR } from '@callbook/dns';
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { ZoneError } from '../zone/zone-error.js';
import { ZoneStore } from '../zone/zone-store.js';

const pieceOctets = 1 << 20;

/**
 * The zone of a zone file (RFC 1035 §5), read piece by piece: it may be larger than memory. Its SOA record says which zone it is, and may stand
 * anywhere. Errors: DnsError with the line, ZoneError when it is not one zone, and those of the system.
 */
export function zoneOfFile(file: string, seed: number): ZoneStore {
  const records = readZonePieces(piecesOf(file));
  const first: RR[] = [];
  for (let next = records.next(); !next.done; next = records.next()) {
    first.push(next.value);
    if (next.value.type === RRType.SOA) return ZoneStore.of(next.value.name, chained(first, records), { seed });
  }
  throw new ZoneError('a zone file without a SOA record');
}

function* chained(first: readonly RR[], rest: Iterable<RR>): Generator<RR> {
  yield* first;
  yield* rest;
}

function* piecesOf(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const decoder = new StringDecoder('utf8');
    const piece = Buffer.alloc(pieceOctets);
    for (let length; (length = readSync(descriptor, piece)) > 0;) yield decoder.write(piece.subarray(0, length));
    yield decoder.end();
  } finally {
    closeSync(descriptor);
  }
}
