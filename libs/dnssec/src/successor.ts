import { Name } from '@callbook/dns';

const mostNameOctets = 255;
const mostLabelOctets = 63;

/**
 * The name right after `name` (lower case) in canonical order, so that nothing can lie between: `\000.<name>`
 * (RFC 9824 §2). A name too long for one more label gets the absolute successor of RFC 4471 §3.1.2: a longer first
 * label, else a greater one, else that of the parent.
 */
export function successor(name: Name): Name {
  if (name.wire.length + 2 <= mostNameOctets) return name.prepend(Uint8Array.of(0));
  let labels = name.labels;
  let octets = name.wire.length;
  for (;;) {
    const [label, ...rest] = labels;
    if (label === undefined) return Name.root; // Every label was the greatest: the chain closes.
    if (label.length < mostLabelOctets && octets < mostNameOctets) {
      return Name.ofLabels([Uint8Array.of(...label, 0), ...rest]);
    }
    const raised = raise(label);
    if (raised !== undefined) return Name.ofLabels([raised, ...rest]);
    labels = rest;
    octets -= 1 + label.length;
  }
}

/** The label after `label` that is no longer than it; undefined when all its octets are 255. */
function raise(label: Uint8Array): Uint8Array | undefined {
  for (let index = label.length - 1; index >= 0; index -= 1) {
    const octet = label[index] as number;
    if (octet === 0xff) continue;
    // "@" is followed by "[": A to Z sort as a to z (RFC 4034 §6.1).
    const next = octet === 0x40 ? 0x5b : octet + 1;
    return Uint8Array.of(...label.subarray(0, index), next);
  }
  return undefined;
}
