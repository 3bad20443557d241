import { Name, nsec } from '@callbook/dns';
import type { ClaimedSet } from './answer.js';
import { ancestorOf, denialAt, handsOverBelow, type Denial, type DenialProofs } from './denial.js';

interface Span {
  readonly claimed: ClaimedSet;
  readonly owner: Name;
  readonly next: Name;
  readonly types: ReadonlySet<number>;
}

/**
 * Denial by NSEC (RFC 4035 §5.4), compact denial included (RFC 9824).
 * @param sets NSEC RRsets as they came
 * @param holds whether `zone` signed a set, and not as a wildcard; asked for those that matter only
 */
export function nsecProofs(
  zone: Name,
  sets: readonly ClaimedSet[],
  holds: (claimed: ClaimedSet) => boolean,
): DenialProofs {
  const spans: Span[] = sets.flatMap((claimed) =>
    claimed.set.rdatas.map((rdata) => {
      const { next, types } = nsec.read(rdata);
      return { claimed, owner: claimed.set.name, next, types: new Set(types) };
    }),
  );
  const at = (name: Name): Span | undefined => spans.find((span) => span.owner.equals(name) && holds(span.claimed));
  const covering = (name: Name): Span | undefined => spans.find((span) => covers(span, name) && holds(span.claimed));

  return {
    deny(name, type): Denial | undefined {
      if (!name.isWithin(zone)) return undefined;
      const exact = at(name);
      if (exact) return denialAt(name, exact.types, type);
      const cover = covering(name);
      if (!cover) return undefined;
      if (cover.next.isWithin(name)) return { kind: 'nodata', delegation: false }; // An empty non-terminal.
      const wildcard = wildcardAt(closestEncloser(cover, name));
      if (!wildcard) return { kind: 'nxdomain' };
      const wildcardSpan = at(wildcard);
      if (wildcardSpan) {
        const denial = denialAt(wildcard, wildcardSpan.types, type);
        return denial?.kind === 'nodata' ? { kind: 'nodata', delegation: false } : denial;
      }
      const wildcardCover = covering(wildcard);
      if (!wildcardCover) return undefined;
      return wildcardCover.next.isWithin(wildcard) ? { kind: 'nodata', delegation: false } : { kind: 'nxdomain' };
    },

    denyCloser(name, labels) {
      const nextCloser = ancestorOf(name, labels + 1);
      const cover = covering(nextCloser);
      return cover && !cover.next.isWithin(nextCloser) ? 'denied' : undefined;
    },
  };
}

function covers({ owner, next, types }: Span, name: Name): boolean {
  if (Name.compare(owner, name) >= 0) return false;
  if (name.isWithin(owner) && handsOverBelow(types)) return false;
  // The last NSEC of a zone points back to the apex (RFC 4034 §4.1.1).
  return Name.compare(name, next) < 0 || Name.compare(next, owner) <= 0;
}

/** The longest ancestor that this NSEC shows to exist: both of its names do, and so do theirs. */
function closestEncloser({ owner, next }: Span, name: Name): Name {
  let encloser = name.parent();
  while (!owner.isWithin(encloser) && !next.isWithin(encloser)) encloser = encloser.parent();
  return encloser;
}

/** undefined where the name would be too long to exist. */
function wildcardAt(encloser: Name): Name | undefined {
  return encloser.wire.length + 2 <= 255 ? encloser.prepend('*') : undefined;
}
