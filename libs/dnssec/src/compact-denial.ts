import { Name, nsec, Rcode, RRType, type RRset } from '@callbook/dns';
import { DnssecError } from './errors.js';
import { successor } from './successor.js';

/** What the type bitmap of every name's NSEC says, and all it says at an empty non-terminal (RFC 9824 §3.2). */
const always = [RRType.RRSIG, RRType.NSEC];

const bitmapOctets = (types: readonly number[]): Uint8Array =>
  // The bitmap follows the next name, which for the root is a single octet.
  nsec.write({ next: Name.root, types: [...new Set([...types, ...always])].sort((a, b) => a - b) }).subarray(1);

const nxname = bitmapOctets([RRType.NXNAME]);
const emptyNonTerminal = bitmapOctets([]);

/**
 * The one NSEC that denies by RFC 9824: at the asked name itself, next the name right after it, so that it covers no
 * other name: neither one that exists nor one that will.
 *
 * - a name that does not exist: `'nxname'`, bitmap RRSIG NSEC NXNAME
 * - an empty non-terminal: `[]`, bitmap RRSIG NSEC
 * - a name without the asked type: all its types, bitmap those and RRSIG NSEC
 *
 * Owner and next are lower case whatever the case of the question: cache and signature see one name.
 * @param ttl the lesser of the SOA's TTL and MINIMUM (RFC 9077 §3)
 * @throws DnssecError TYPE_NOT_DATA
 */
export function compactDenial(owner: Name, existing: readonly number[] | 'nxname', ttl: number): RRset {
  const name = owner.lower();
  const next = successor(name).wire;
  const bitmap = bitmapOf(existing);
  const rdata = Buffer.allocUnsafe(next.length + bitmap.length);
  rdata.set(next);
  rdata.set(bitmap, next.length);
  return { name, type: RRType.NSEC, class: 1, ttl, rdatas: [rdata] };
}

/**
 * Response code beside a compact denial of a name that does not exist (RFC 9824 §5): validators that did not say CO
 * take NXDOMAIN with this proof for forgery, so they get NOERROR; whoever asks for no proof, or said CO, gets the
 * plain truth. The CO flag of the question is echoed in the response.
 */
export function compactDenialRcode(asked: { dnssecOk: boolean; compactOk: boolean } | undefined): number {
  return asked?.dnssecOk && !asked.compactOk ? Rcode.NOERROR : Rcode.NXDOMAIN;
}

function bitmapOf(existing: readonly number[] | 'nxname'): Uint8Array {
  if (existing === 'nxname') return nxname;
  if (existing.length === 0) return emptyNonTerminal;
  const odd = existing.find((type) => type === 0 || type === RRType.OPT || (type >= 128 && type < 256));
  if (odd !== undefined) throw new DnssecError('TYPE_NOT_DATA', `type ${odd} is never data (RFC 6895 §3.1)`);
  return bitmapOctets(existing);
}
