import { DnsError } from './errors.js';
import { textOfWire, wireOfText } from './name-text.js';

/** Scratch space for `key`: a name has at most 255 octets. */
const folded = Buffer.alloc(255);
/** Scratch space for `compare`: where the labels of either name start. A name has at most 127 labels and the root. */
const startsA = new Uint8Array(128);
const startsB = new Uint8Array(128);

/**
 * A domain name: the octets of its uncompressed wire form, case preserved. Immutable; nothing about it depends on text, so a dot, a NUL
 * or an 8-bit octet inside a label is just an octet (RFC 2181 §11).
 */
export class Name {
  static readonly root = new Name(new Uint8Array(1));

  #key: string | undefined;

  private constructor(
    /** Wire form including the root octet. Must not be written to. */
    readonly wire: Uint8Array,
  ) {}

  /**
   * Reads presentation form (RFC 1035 §5.1): always taken as absolute, with or without its final dot; `\.` and `\DDD` are escapes.
   * @throws DnsError NAME_MALFORMED, NAME_TOO_LONG, LABEL_TOO_LONG, LABEL_EMPTY
   */
  static parse(text: string): Name {
    return Name.ofCheckedWire(wireOfText(text));
  }

  /** @throws DnsError LABEL_EMPTY, LABEL_TOO_LONG, NAME_TOO_LONG */
  static ofLabels(labels: readonly Uint8Array[]): Name {
    let size = 1;
    for (const label of labels) size += checkedLabel(label).length + 1;
    const wire = new Uint8Array(checkedSize(size));
    let at = 0;
    for (const label of labels) {
      wire[at] = label.length;
      wire.set(label, at + 1);
      at += label.length + 1;
    }
    return Name.ofCheckedWire(wire);
  }

  /**
   * Reads an uncompressed name out of octets.
   * @returns the name and the offset after it.
   * @throws DnsError NAME_MALFORMED (also for a compression pointer), NAME_TOO_LONG
   */
  static read(octets: Uint8Array, offset = 0): { name: Name; end: number } {
    let at = offset;
    for (;;) {
      const length = octets[at];
      if (length === undefined) throw new DnsError('NAME_MALFORMED', 'a name runs over the end of its octets');
      if (length > 63) throw new DnsError('NAME_MALFORMED', 'a name that must not be compressed has a pointer');
      at += length + 1;
      checkedSize(at - offset);
      if (length === 0) break;
    }
    return { name: Name.ofCheckedWire(Uint8Array.from(octets.subarray(offset, at))), end: at };
  }

  /** For the readers of this library, which checked the octets already. @internal */
  static ofCheckedWire(wire: Uint8Array): Name {
    return wire.length === 1 ? Name.root : new Name(wire);
  }

  /** The lower-cased wire form, one code unit per octet: equal exactly for equal names. Made once. */
  get key(): string {
    return (this.#key ??= foldedText(this.wire));
  }

  /** Labels from the leftmost on, without the root. */
  get labels(): readonly Uint8Array[] {
    const labels: Uint8Array[] = [];
    for (let at = 0; this.wire[at] !== 0; at += this.wire[at]! + 1) {
      labels.push(this.wire.subarray(at + 1, at + 1 + this.wire[at]!));
    }
    return labels;
  }

  /** How many labels there are without the root: what the labels field of an RRSIG counts from (RFC 4034 §3.1.3). */
  get labelCount(): number {
    let count = 0;
    for (let at = 0; this.wire[at] !== 0; at += this.wire[at]! + 1) count += 1;
    return count;
  }

  toString(): string {
    return textOfWire(this.wire);
  }

  toJSON(): string {
    return this.toString();
  }

  /** ASCII letters lower-cased (RFC 4343). */
  lower(): Name {
    const { wire } = this;
    if (!wire.some(isUpper)) return this;
    return Name.ofCheckedWire(wire.map(lowered));
  }

  /** @throws DnsError NAME_MALFORMED for the root. */
  parent(): Name {
    if (this.wire.length === 1) throw new DnsError('NAME_MALFORMED', 'the root has no parent');
    return Name.ofCheckedWire(this.wire.subarray(this.wire[0]! + 1));
  }

  /**
   * A child of this name.
   * @param label one label: octets, or ASCII text taken as it is (a dot in it is part of the label).
   * @throws DnsError LABEL_EMPTY, LABEL_TOO_LONG, NAME_TOO_LONG, NAME_MALFORMED
   */
  prepend(label: string | Uint8Array): Name {
    const octets = checkedLabel(typeof label === 'string' ? octetsOfAscii(label) : label);
    const wire = new Uint8Array(checkedSize(octets.length + 1 + this.wire.length));
    wire[0] = octets.length;
    wire.set(octets, 1);
    wire.set(this.wire, octets.length + 1);
    return Name.ofCheckedWire(wire);
  }

  /** This name's labels followed by those of `suffix`. @throws DnsError NAME_TOO_LONG */
  concat(suffix: Name): Name {
    const own = this.wire.length - 1;
    const wire = new Uint8Array(checkedSize(own + suffix.wire.length));
    wire.set(this.wire.subarray(0, own));
    wire.set(suffix.wire, own);
    return Name.ofCheckedWire(wire);
  }

  /** Whether this name is `ancestor` or below it. */
  isWithin(ancestor: Name): boolean {
    const start = this.wire.length - ancestor.wire.length;
    if (start < 0 || !this.key.endsWith(ancestor.key)) return false;
    let at = 0; // The common end must begin where a label begins: not so for "xa." and a length octet that looks like a letter.
    while (at < start) at += this.wire[at]! + 1;
    return at === start;
  }

  equals(other: Name): boolean {
    return this === other || (this.wire.length === other.wire.length && this.key === other.key);
  }

  /** Canonical order (RFC 4034 §6.1): negative, zero or positive as `a` comes before, is, or comes after `b`. */
  static compare(a: Name, b: Name): number {
    const countA = labelStarts(a.wire, startsA);
    const countB = labelStarts(b.wire, startsB);
    const common = Math.min(countA, countB);
    for (let index = 1; index <= common; index += 1) {
      const order = compareLabels(a.wire, startsA[countA - index]!, b.wire, startsB[countB - index]!);
      if (order !== 0) return order;
    }
    return countA - countB;
  }
}

const isUpper = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a;
/** Length octets are under 64 and so are never taken for a letter: a whole wire form can be lower-cased octet by octet. */
const lowered = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet);

function foldedText(wire: Uint8Array): string {
  for (let at = 0; at < wire.length; at += 1) folded[at] = lowered(wire[at]!);
  return folded.toString('latin1', 0, wire.length);
}

function labelStarts(wire: Uint8Array, starts: Uint8Array): number {
  let count = 0;
  for (let at = 0; wire[at] !== 0; at += wire[at]! + 1) starts[count++] = at;
  return count;
}

function compareLabels(a: Uint8Array, startA: number, b: Uint8Array, startB: number): number {
  const common = Math.min(a[startA]!, b[startB]!);
  for (let offset = 1; offset <= common; offset += 1) {
    const order = lowered(a[startA + offset]!) - lowered(b[startB + offset]!);
    if (order !== 0) return order;
  }
  return a[startA]! - b[startB]!;
}

function checkedLabel(label: Uint8Array): Uint8Array {
  if (label.length === 0) throw new DnsError('LABEL_EMPTY', 'a label has no octets');
  if (label.length > 63) throw new DnsError('LABEL_TOO_LONG', `a label has ${label.length} octets, over 63`);
  return label;
}

function checkedSize(size: number): number {
  if (size > 255) throw new DnsError('NAME_TOO_LONG', `a name has ${size} octets or more, over 255`);
  return size;
}

function octetsOfAscii(text: string): Uint8Array {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) throw new DnsError('NAME_MALFORMED', 'a label given as text has to be ASCII');
  }
  return Buffer.from(text, 'latin1');
}
