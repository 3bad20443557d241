const mostNameOctets = 255;
const mostLabelOctets = 63;

/**
 * Writes the name right after a lower-cased one in canonical order, so that nothing can lie between: `\000.<name>` (RFC 9824 §3.2). A name too
 * long for one more label gets the absolute successor of RFC 4471 §3.1.2: a longer first label, else a greater one, else that of the
 * parent. @returns where it ends
 */
export function successorInto(names: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  if (end - start + 2 <= mostNameOctets) {
    into[at] = 1;
    into[at + 1] = 0;
    return copy(names, start, end, into, at + 2);
  }
  let label = start;
  for (;;) {
    const length = names[label]!;
    if (length === 0) break; // Every label was the greatest: the chain closes.
    const rest = label + 1 + length;
    if (length < mostLabelOctets && end - label < mostNameOctets) {
      into[at] = length + 1;
      const next = copy(names, label + 1, rest, into, at + 1);
      into[next] = 0;
      return copy(names, rest, end, into, next + 1);
    }
    for (let index = rest - 1; index > label; index -= 1) {
      const octet = names[index]!;
      if (octet === 0xff) continue;
      into[at] = index - label;
      const next = copy(names, label + 1, index, into, at + 1);
      // "@" is followed by "[": A to Z sort as a to z (RFC 4034 §6.1).
      into[next] = octet === 0x40 ? 0x5b : octet + 1;
      return copy(names, rest, end, into, next + 1);
    }
    label = rest;
  }
  into[at] = 0;
  return at + 1;
}

function copy(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  for (let index = start; index < end; index += 1) into[at + index - start] = from[index]!;
  return at + end - start;
}
