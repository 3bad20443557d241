import { Name, RRType } from '@callbook/dns';
import type { ClaimedSet } from './answer.js';
import { DnssecError } from './errors.js';

/** The record in an answer that sends `name` elsewhere, and where to. */
export interface Alias {
  readonly claimed: ClaimedSet;
  readonly target: Name;
}

/**
 * A DNAME above the name wins over the CNAME beside it, which is made from it and carries no signature
 * (RFC 6672 §5.3.1).
 * @throws DnssecError ALIAS_INVALID (more than one CNAME, or a name that would be too long)
 */
export function aliasOf(name: Name, answers: readonly ClaimedSet[]): Alias | undefined {
  const dname = answers.find(
    ({ set }) => set.type === RRType.DNAME && name.isWithin(set.name) && !name.equals(set.name),
  );
  if (dname) {
    const prefix = name.labels.slice(0, name.labelCount - dname.set.name.labelCount);
    return { claimed: dname, target: joined(prefix, onlyTarget(dname)) };
  }
  const cname = answers.find(({ set }) => set.type === RRType.CNAME && set.name.equals(name));
  return cname && { claimed: cname, target: onlyTarget(cname) };
}

function onlyTarget({ set }: ClaimedSet): Name {
  const [rdata] = set.rdatas;
  if (rdata === undefined || set.rdatas.length > 1) throw new DnssecError('ALIAS_INVALID', 'a name has two aliases');
  return Name.read(rdata).name;
}

function joined(prefix: readonly Uint8Array[], target: Name): Name {
  const octets = prefix.reduce((sum, label) => sum + 1 + label.length, target.wire.length);
  if (octets > 255) throw new DnssecError('ALIAS_INVALID', 'DNAME makes a name over 255 octets (RFC 6672 §2.2)');
  return Name.ofLabels([...prefix, ...target.labels]);
}
