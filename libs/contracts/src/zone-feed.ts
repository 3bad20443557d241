import { readRRs, RRType, soa, writeRR, type RR } from '@callbook/dns';
import { z } from 'zod';
import { CallbookError } from './errors.js';

/** One change of a zone: all of it, or none of it, is served. */
export interface JournalEntry {
  /** The SOA record before and after. */
  readonly from: RR;
  readonly to: RR;
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
}

/** A JetStream message stays under the server's `max_payload` of 1 MiB; the signer closes a burst before this. */
export const maximumEntryOctets = 768 * 1024;

/** The octets of a journal message: an IXFR difference sequence (RFC 1995 §4) as uncompressed records. */
export function encodeJournalEntry(entry: JournalEntry): Uint8Array {
  return Buffer.concat([entry.from, ...entry.removed, entry.to, ...entry.added].map(writeRR));
}

export function decodeJournalEntry(octets: Uint8Array): JournalEntry {
  const [from, ...rest] = readRRs(octets);
  const middle = rest.findIndex((rr) => rr.type === RRType.SOA);
  if (from?.type !== RRType.SOA || middle < 0)
    throw new CallbookError('INTERNAL', 'journal entry is not an IXFR difference sequence');
  return { from, removed: rest.slice(0, middle), to: rest[middle]!, added: rest.slice(middle + 1) };
}

export const serialOf = (soaRecord: RR): number => soa.read(soaRecord.rdata).serial;

/** A snapshot is the records of a whole zone, SOA first, uncompressed, one after the other. */
export const encodeSnapshot = (records: readonly RR[]): Uint8Array => Buffer.concat(records.map(writeRR));
export const decodeSnapshot = (octets: Uint8Array): RR[] => readRRs(octets);

/** Where the newest snapshot lies: the message on `snapshotSubject`. */
export const SnapshotPointer = z.object({
  serial: z.int(),
  object: z.string(),
  /** Sequence in the journal stream of the entry that led to `serial`; replay begins after it. */
  journalSequence: z.int(),
  /** Of the object's octets, base64url. */
  sha256: z.string(),
});
export type SnapshotPointer = z.infer<typeof SnapshotPointer>;

/**
 * The keys with which look-up replicas sign denials, sealed under the key that only they and the signer hold; newest first. A replica
 * signs with the first whose DNSKEY its own zone shows and whose `signsFrom` (Unix seconds; at once unless said) has come: from then on
 * no cache holds a DNSKEY set without it (RFC 6781 §4.1.1.1).
 */
export const DenialKeys = z.object({
  keys: z.array(
    z.object({
      algorithm: z.literal([8, 13, 14, 15]),
      flags: z.literal([256, 257]),
      tag: z.int(),
      sealed: z.base64(),
      signsFrom: z.int().optional(),
    }),
  ),
});
export type DenialKeys = z.infer<typeof DenialKeys>;

/** The key to sign with now, of those handed out: see `DenialKeys`. `now`: Unix seconds. */
export const denialKeyAt = <Key extends { readonly tag: number; readonly signsFrom?: number | undefined }>(
  keys: readonly Key[],
  shownTags: ReadonlySet<number>,
  now: number,
): Key | undefined => keys.find(({ tag, signsFrom = 0 }) => shownTags.has(tag) && signsFrom <= now);
/** Purpose under which `sealAtRest` seals a denial key. */
export const denialKeyPurpose = 'callbook denial key';
