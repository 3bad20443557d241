import { Name } from '@callbook/dns';
import { isE164 } from './e164.js';
import type { E164 } from './e164.js';

/**
 * The domain name of a number: its digits from the last to the first, each a label, under a suffix such as `e164.arpa` (RFC 6116 §3.2).
 * @throws DnsError NAME_TOO_LONG for a suffix of over 225 octets
 */
export function nodeOf(e164: E164, suffix: Name): Name {
  const digits = Array.from(e164.slice(1), (digit) => Uint8Array.of(digit.charCodeAt(0)));
  return Name.ofLabels(digits.reverse()).concat(suffix);
}

/** The number at a name; undefined where the name is not that of a whole number under this suffix. */
export function numberAt(node: Name, suffix: Name): E164 | undefined {
  if (!node.isWithin(suffix)) return undefined;
  const labels = node.labels.slice(0, node.labelCount - suffix.labelCount).reverse();
  if (labels.some((label) => label.length !== 1)) return undefined;
  const text = `+${labels.map((label) => String.fromCharCode(label[0]!)).join('')}`;
  return isE164(text) ? text : undefined;
}
