import { Name } from '@callbook/dns';
import type { ServiceName } from './service.js';

/**
 * JetStream, spelled in one place. A stream's owner makes it at start and is its only publisher; a stream that was lost is made again by
 * its owner, which fills it again from its database.
 */
export interface StreamDefinition {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly owner: ServiceName;
  readonly readers: readonly ServiceName[];
  /** Seconds a message is kept; for ever unless said. */
  readonly maxAge?: number;
  readonly maxMessagesPerSubject?: number;
  /** Seconds in which a second message with the same id is dropped. */
  readonly duplicateWindow: number;
}

const day = 86_400;

/** Changes of bindings, in the order of the outbox of `records`. */
export const bindingsStream: StreamDefinition = {
  name: 'BINDINGS',
  subjects: ['records.binding.published'],
  owner: 'records',
  readers: ['signer'],
  maxAge: 14 * day,
  duplicateWindow: 600,
};
export const bindingPublishedSubject = 'records.binding.published';

/** The changes of each zone, one message a serial, in the form of an IXFR difference sequence (RFC 1995 §4). */
export const journalStream: StreamDefinition = {
  name: 'ZONE_JOURNAL',
  subjects: ['zone.journal.*'],
  owner: 'signer',
  readers: ['lookup'],
  maxAge: 7 * day,
  duplicateWindow: 600,
};

/** The newest snapshot of each zone (where it lies, its serial) and its sealed denial keys; only the last message of a subject counts. */
export const zoneStateStream: StreamDefinition = {
  name: 'ZONE_STATE',
  subjects: ['zone.snapshot.*', 'zone.denial-keys.*'],
  owner: 'signer',
  readers: ['lookup'],
  maxMessagesPerSubject: 1,
  duplicateWindow: 60,
};

export const streams: readonly StreamDefinition[] = [bindingsStream, journalStream, zoneStateStream];

/** An object-store bucket or a key-value bucket, with the same rule of ownership. */
export const snapshotBucket = { name: 'zone-snapshots', owner: 'signer', readers: ['lookup'] } as const;
/** Nonces that were used; an entry's creation is atomic, so that one nonce works once over all gateways. */
export const nonceBucket = { name: 'nonces', owner: 'gateway', readers: [] } as const;

/** A subject token may not hold a dot: the apex in lower case, labels joined by `_`, as in `callbook_example`. */
const token = (apex: Name) => apex.lower().toString().replace(/\.$/, '').replaceAll('_', '__').replaceAll('.', '_');
export const journalSubject = (apex: Name) => `zone.journal.${token(apex)}`;
export const snapshotSubject = (apex: Name) => `zone.snapshot.${token(apex)}`;
export const denialKeysSubject = (apex: Name) => `zone.denial-keys.${token(apex)}`;
export const snapshotObject = (apex: Name, serial: number) => `${token(apex)}.${serial}`;
