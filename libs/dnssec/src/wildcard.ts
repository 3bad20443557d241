import type { Name } from '@callbook/dns';

/** Whether the leftmost label is `*` alone (RFC 4592 §2.1.1); RRSIGs do not count that label (RFC 4034 §3.1.3). */
export function hasWildcardLabel(name: Name): boolean {
  return name.wire[0] === 1 && name.wire[1] === 0x2a;
}

/** Whether a signature of `labels` labels says that `owner` was made from a wildcard (RFC 4035 §5.3.4). */
export function isExpanded(owner: Name, labels: number): boolean {
  return labels < owner.labelCount - (hasWildcardLabel(owner) ? 1 : 0);
}
