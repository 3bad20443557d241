/** A name of the zone that owns records, or that stands for an empty non-terminal; 0 is none. Holds while the edition is taken. */
export type NodeRef = number;

/** What is known of a node without looking at its sets. */
export const nodeFlag = {
  /** Owns NS and is not the apex: what lies below belongs to another zone. */
  cut: 1,
  /** Lies below a cut or a DNAME: glue at most, never an answer. */
  occluded: 2,
  cname: 4,
  dname: 8,
  /** `*.` of this name exists (RFC 4592). */
  wildcardBelow: 16,
  /** Owns nothing, but names below it do. */
  empty: 32,
} as const;

/**
 * An RRset as it lies in memory, ready to be copied into an answer. Filled anew by each call: one cursor serves a thread.
 *
 * Each record: `C0 0C` (its owner is the question), type, class, TTL, RDLENGTH, RDATA with its names whole.
 */
export interface StoredSet {
  octets: Uint8Array;
  type: number;
  ttl: number;
  count: number;
  signatureCount: number;
  /** Where the records begin, where they end and the RRSIG records that cover them begin, and where those end. */
  start: number;
  plainEnd: number;
  end: number;
}

/** A cursor that points nowhere yet. */
export const emptySet = (): StoredSet => ({
  octets: new Uint8Array(0),
  type: 0,
  ttl: 0,
  count: 0,
  signatureCount: 0,
  start: 0,
  plainEnd: 0,
  end: 0,
});

/** How the zone denies (RFC 9824 on line, or with the chain that it came with). */
export type Denial = 'compact' | 'nsec' | 'nsec3' | 'unsigned';

/** The zone as one thread reads it, without locks and without making an object. Names are lower-cased wire form, whole, in `[start, end)`. */
export interface ZoneView {
  /** Takes the newest edition; all that is read until `release` belongs to it. False while there is no zone. */
  take(): boolean;
  release(): void;
  /** Lower-cased wire form. */
  readonly apex: Uint8Array;
  /** Counts the editions; equal numbers are equal zones. What was made from another edition may be of no use. */
  readonly edition: number;
  readonly denial: Denial;
  readonly apexNode: NodeRef;
  /** Some node of the zone is a cut or owns a DNAME: only then need anybody look above a name that is not there. */
  readonly hasCuts: boolean;
  readonly hasWildcards: boolean;
  node(name: Uint8Array, start: number, end: number): NodeRef;
  /** That nothing is at the name, but something below it. Also where there is no node for it, as in trees of digits. */
  isEmptyNonTerminal(name: Uint8Array, start: number, end: number): boolean;
  flags(node: NodeRef): number;
  set(node: NodeRef, type: number, into: StoredSet): boolean;
  setCount(node: NodeRef): number;
  /** Sets in ascending order of type, NSEC among them where the zone came with a chain. */
  setByIndex(node: NodeRef, index: number, into: StoredSet): void;
  /** Copies the owner, lower-cased, to `into` and returns where it ends. */
  ownerInto(node: NodeRef, into: Uint8Array, at: number): number;
  /** Denial `nsec`: the node whose NSEC is at the name or before it in canonical order (RFC 4034 §6.1). */
  nsecAtOrBefore(name: Uint8Array, start: number, end: number): NodeRef;
  /** Denial `nsec3`: the node whose NSEC3 is at the hash (20 octets) or before it. */
  nsec3AtOrBefore(hash: Uint8Array): NodeRef;
}
