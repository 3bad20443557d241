/** Names as octets in place. Lower-cased names are compared octet by octet. */

/** RFC 1035 §4.1.4 has no bound to the pointers of a name; no honest name needs more than it can have labels. */
const mostPointers = 127;

/** Where a name of a message ends, -1 when it is none. Pointers lead backwards, as in libs/dns. */
export function skipName(octets: Uint8Array, messageStart: number, from: number, end: number): number {
  let at = from;
  let runStart = from;
  let after = -1;
  let size = 0;
  let pointers = 0;
  for (;;) {
    if (at >= end) return -1;
    const label = octets[at]!;
    if (label >= 0xc0) {
      if (at + 2 > end) return -1;
      const target = messageStart + (((label & 0x3f) << 8) | octets[at + 1]!);
      pointers += 1;
      if (target >= runStart || target < messageStart + 12 || pointers > mostPointers) return -1;
      if (after < 0) after = at + 2;
      at = runStart = target;
      continue;
    }
    if (label > 63 || at + label + 1 > end) return -1;
    size += label + 1;
    if (size > 255) return -1;
    at += label + 1;
    if (label === 0) return after < 0 ? at : after;
  }
}

/** Copies a name from records, whole and without pointers, in lower case. @returns its octets */
export function copyLowered(from: Uint8Array, at: number, into: Uint8Array, to: number): number {
  let length = 0;
  for (;;) {
    const label = from[at + length]!;
    into[to + length] = label;
    length += 1;
    if (label === 0) return length;
    for (const stop = length + label; length < stop; length += 1) {
      const octet = from[at + length]!;
      into[to + length] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
    }
  }
}

/** Whether `name[start, end)` is `apex`, or a name below it. */
export function isWithin(name: Uint8Array, start: number, end: number, apex: Uint8Array): boolean {
  const apexStart = end - apex.length;
  let at = start;
  while (at < apexStart) at += name[at]! + 1;
  return at === apexStart && sameOctets(name, apexStart, apex, 0, apex.length);
}

export function sameOctets(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) if (a[aAt + index] !== b[bAt + index]) return false;
  return true;
}

/** Labels of a name without the root. */
export function labelCount(name: Uint8Array, start: number): number {
  let count = 0;
  for (let at = start; name[at] !== 0; at += name[at]! + 1) count += 1;
  return count;
}
