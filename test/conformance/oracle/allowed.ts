import { Name } from '@callbook/dns';
import { partsOf } from './answer.js';
import type { JudgePeer } from './batch.js';
import type { Difference, Field, Pair } from './compare.js';

/** A way in which Callbook may answer otherwise than another server, and who says so. */
export interface Allowed {
  readonly id: string;
  readonly peers: readonly JudgePeer[] | 'all';
  readonly fields: readonly Field[];
  readonly because: string;
  applies(pair: Pair, difference: Difference): boolean;
}

export const sectionFields: readonly Field[] = ['answer', 'authority', 'additional'];
export const messageFields: readonly Field[] = ['rcode', 'flags', 'edns', ...sectionFields];

export const has = ({ flags }: { readonly flags: string }, flag: string) => flags.split(' ').includes(flag);

/** The flags but those that a rule leaves out of sight. */
export const without = (flags: string, ...left: readonly string[]) =>
  flags
    .split(' ')
    .filter((flag) => !left.includes(flag))
    .join(' ');

/** The types of records, and for signatures those that they cover. */
export const typesOf = (lines: Iterable<string>): ReadonlySet<string> =>
  new Set([...lines].map((line) => partsOf(line)).map(({ type, covers }) => covers || type));

export const only = (lines: readonly string[], ...types: readonly string[]) =>
  [...typesOf(lines)].every((type) => types.includes(type));

export const isSignature = (line: string) => partsOf(line).type === 'RRSIG';

/** The cut that an answer refers to: the owner of the NS records in its authority section. */
export function cutOf({ trial, theirs, ours }: Pair): Name | undefined {
  for (const line of [...ours.sections.authority, ...theirs.sections.authority]) {
    const { owner, type } = partsOf(line);
    if (type === 'NS' && owner !== trial.apex.toString()) return Name.parse(owner);
  }
  return undefined;
}

/** Octets that an answer over this way may have: what the client takes, and no more than 1,232 over UDP. */
export function limitOf({ asked, ours }: Pair): number {
  if (asked.transport === 'tcp') return 65_535;
  // The class of OPT, which is the last record of our queries and has no data (RFC 6891 §6.1.2).
  const offered = ours.edns === 'none' ? 512 : (asked.query.at(-8)! << 8) | asked.query.at(-7)!;
  return Math.min(1_232, Math.max(512, offered));
}

export const isAliasLine = (line: string) => partsOf(line).type === 'CNAME';

export const aliasesIn = (lines: ReadonlySet<string>) => [...lines].filter(isAliasLine).length;

/** Of the zone itself, not of an answer. */
export const typesAt = ({ trial }: Pair, owner: Name): ReadonlySet<number> =>
  new Set(trial.records.filter(({ name }) => name.equals(owner)).map(({ type }) => type));
