import {
  mx,
  ns,
  RRClass,
  rrsetsOf,
  RRType,
  srv,
  typeName,
  writeRR,
  type Name,
  type RR,
  type RRset,
} from '@callbook/dns';
import type { Suffixes } from '../bindings/rrsets-of-binding.js';
import type { ZoneSettings } from '../zone/zone-content.js';
import { Names } from './names.js';

/** A record of the operator's file, and where it stands there. */
export interface FileRecord {
  readonly rr: RR;
  readonly line: number;
}

/** What the file is checked against. */
export interface StaticRules {
  readonly settings: ZoneSettings;
  readonly suffixes: Suffixes;
  /** Seconds: so that no cache holds a record longer than its signature holds. */
  readonly longestTtl: number;
  /** Octets of a signature of the zone's algorithm. */
  readonly signatureOctets: number;
}

export type StaticProblemCode =
  | 'MALFORMED'
  | 'UNREADABLE'
  | 'FILE_TOO_LARGE'
  | 'OUTSIDE_ZONE'
  | 'CLASS_NOT_IN'
  | 'TYPE_NOT_ALLOWED'
  | 'OF_CONFIGURATION'
  | 'TTL_TOO_LONG'
  | 'TTLS_DIFFER'
  | 'SET_TOO_LARGE'
  | 'CNAME_NOT_ALONE'
  | 'DNAME_NOT_ALONE'
  | 'BELOW_DNAME'
  | 'AT_WILDCARD'
  | 'AT_CUT'
  | 'BELOW_CUT'
  | 'GLUE_MISSING'
  | 'DS_WITHOUT_CUT'
  | 'TARGET_IS_ALIAS'
  | 'AMONG_IDENTIFIERS'
  | 'SHADOWS_IDENTIFIERS'
  | 'SHADOWS_NAMESERVER';

/** One thing that is wrong with the file. `code` is for programs, `message` for its author. */
export interface StaticProblem {
  readonly line: number;
  readonly code: StaticProblemCode;
  readonly message: string;
}

/** All that is wrong with these records, each at the line of a record that it concerns, in order of lines. */
export function problemsOf(records: readonly FileRecord[], rules: StaticRules): StaticProblem[] {
  const placed = records.flatMap((record) => misplaced(record, rules));
  if (placed.length > 0) return placed;
  const names = new Names(
    rules.settings,
    records.map(({ rr }) => rr),
  );
  const found = [
    ...records.flatMap((record) => wrongAlone(record, names, rules)),
    ...wrongSets(records, names),
    ...records.flatMap((record) => wrongTarget(record, names, rules)),
    ...missingBarriers(records, names, rules),
  ];
  return found.sort((a, b) => a.line - b.line);
}

/** Made by the signer, or of no use in a zone that it signs. ZONEMD would be wrong with the next change. */
const typesOfSigner: ReadonlySet<number> = new Set<number>([
  RRType.SOA,
  RRType.RRSIG,
  RRType.NSEC,
  RRType.NSEC3,
  RRType.NSEC3PARAM,
  RRType.DNSKEY,
  RRType.CDS,
  RRType.CDNSKEY,
  RRType.ZONEMD,
  RRType.SIG,
  RRType.NXT,
  RRType.DLV,
]);

const addresses: ReadonlySet<number> = new Set<number>([RRType.A, RRType.AAAA]);

function misplaced({ rr, line }: FileRecord, { settings }: StaticRules): StaticProblem[] {
  const { name, type } = rr;
  const wrong = (code: StaticProblemCode, message: string) => [{ line, code, message }];
  if (rr.class !== RRClass.IN) return wrong('CLASS_NOT_IN', 'the zone is of class IN');
  if (!name.isWithin(settings.zone)) return wrong('OUTSIDE_ZONE', `${name} is not in ${settings.zone}`);
  if (typesOfSigner.has(type)) return wrong('TYPE_NOT_ALLOWED', `${typeName(type)} records are the signer's to make`);
  return [];
}

/** What can be said of a record by its place alone: owner and type, and what is above it. */
function wrongAlone({ rr, line }: FileRecord, names: Names, rules: StaticRules): StaticProblem[] {
  const { settings, suffixes, longestTtl } = rules;
  const { name, type, ttl } = rr;
  const wrong = (code: StaticProblemCode, message: string): StaticProblem[] => [{ line, code, message }];
  const isApex = name.equals(settings.zone);
  const what = typeName(type);

  if (ttl > longestTtl)
    return wrong(
      'TTL_TOO_LONG',
      `a TTL of ${ttl} s outlives signatures: ${longestTtl} s at most, by CALLBOOK_SOA_EXPIRE`,
    );
  if (isApex && type === RRType.NS)
    return wrong('OF_CONFIGURATION', "the zone's own NS set is that of CALLBOOK_NAMESERVERS");
  if (isApex && type === RRType.DS) return wrong('DS_WITHOUT_CUT', 'DS of the zone itself belongs into its parent');
  if (!isApex && addresses.has(type) && names.inZone(name).size > 0)
    return wrong('OF_CONFIGURATION', `the addresses of ${name} are those of CALLBOOK_NAMESERVERS`);

  if (isAmongIdentifiers(name, suffixes))
    return wrong('AMONG_IDENTIFIERS', `${name} is where registered identifiers live`);
  if (type === RRType.NS || type === RRType.DNAME) {
    const covered = [suffixes.apex, ...suffixesIn(suffixes)].find((suffix) => suffix.isWithin(name));
    if (covered) return wrong('SHADOWS_IDENTIFIERS', `${what} at ${name} would hide all that is at ${covered}`);
    const server = settings.nameservers.find((each) => each.addresses.length > 0 && each.name.isWithin(name));
    if (server) return wrong('SHADOWS_NAMESERVER', `${what} at ${name} would hide the nameserver ${server.name}`);
  }
  if (type === RRType.CNAME && suffixesIn(suffixes).some((suffix) => suffix.equals(name)))
    return wrong('SHADOWS_IDENTIFIERS', `${name} is where registered identifiers live, and no alias`);
  if (isWildcard(name) && (type === RRType.NS || type === RRType.DS || type === RRType.DNAME))
    return wrong('AT_WILDCARD', `${what} at a wildcard means nothing definite (RFC 4592 §4)`);

  const dname = names.dnameAbove(name);
  if (dname) return wrong('BELOW_DNAME', `nothing may be below the DNAME at ${dname} (RFC 6672 §2.4)`);
  const cut = names.cutAbove(name);
  if (cut) {
    if (!addresses.has(type) || !names.isTargetOfDelegation(name))
      return wrong('BELOW_CUT', `below the delegation of ${cut} only addresses of nameservers may be`);
  } else if (names.isCut(name)) {
    const isGlue = addresses.has(type) && names.isTargetOfDelegation(name);
    if (type !== RRType.NS && type !== RRType.DS && !isGlue)
      return wrong('AT_CUT', `${name} is delegated: its ${what} belongs into the zone that it is delegated to`);
  } else if (type === RRType.DS) {
    return wrong('DS_WITHOUT_CUT', `${name} has DS and is not delegated: it has no NS`);
  }
  return [];
}

const isWildcard = (name: Name) => name.wire[0] === 1 && name.wire[1] === 0x2a;

const suffixesIn = ({ tel, mailto, sip }: Suffixes): Name[] => [tel, mailto, sip];

/**
 * Below a suffix all names are those of identifiers. Where numbers live right at the apex, as in a zone for `4.4.e164.arpa`, they begin with
 * a digit.
 */
function isAmongIdentifiers(name: Name, suffixes: Suffixes): boolean {
  return suffixesIn(suffixes).some((suffix) => {
    if (!name.isWithin(suffix) || name.equals(suffix)) return false;
    if (!suffix.equals(suffixes.apex)) return true;
    const top = name.labels.at(-suffix.labelCount - 1)!;
    return top.length === 1 && ((top[0]! >= 0x30 && top[0]! <= 0x39) || top[0] === 0x2a);
  });
}

/** RFC 1034 §3.6.2, RFC 2181 §5 and §10.1, RFC 6672 §2.4. */
function wrongSets(records: readonly FileRecord[], names: Names): StaticProblem[] {
  const problems: StaticProblem[] = [];
  const lines = new Map<string, FileRecord[]>();
  for (const record of records) {
    const key = `${record.rr.type} ${record.rr.name.key}`;
    lines.set(key, [...(lines.get(key) ?? []), record]);
  }
  for (const set of rrsetsOf(records.map(({ rr }) => rr))) {
    const members = lines.get(`${set.type} ${set.name.key}`)!;
    const at = (line: number, code: StaticProblemCode, message: string) => problems.push({ line, code, message });
    const last = members.at(-1)!;
    const other = members.find(({ rr }) => rr.ttl !== members[0]!.rr.ttl);
    const what = `${typeName(set.type)} set of ${set.name}`;
    if (other) at(other.line, 'TTLS_DIFFER', `the records of the ${what} have different TTLs (RFC 2181 §5.2)`);
    if (recordOctets(set) > mostOctetsOfSet) at(last.line, 'SET_TOO_LARGE', `the ${what} does not fit into an answer`);
    const types = new Set([...names.inFile(set.name), ...names.inZone(set.name)]);
    if (set.type === RRType.CNAME && (set.rdatas.length > 1 || types.size > 1))
      at(last.line, 'CNAME_NOT_ALONE', `the CNAME at ${set.name} is not alone there (RFC 1034 §3.6.2)`);
    if (set.type === RRType.DNAME && (set.rdatas.length > 1 || types.has(RRType.CNAME)))
      at(last.line, 'DNAME_NOT_ALONE', `${set.name} may have one DNAME, and no CNAME beside it (RFC 6672 §2.4)`);
  }
  return problems;
}

/** With a signature and the rest of a message it stays under 65,535 octets. */
const mostOctetsOfSet = 60_000;

export const recordOctets = ({ name, type, class: rrClass, ttl, rdatas }: RRset): number =>
  rdatas.reduce((sum, rdata) => sum + writeRR({ name, type, class: rrClass, ttl, rdata }).length, 0);

/** Where a record leads within the zone there has to be something of the kind (RFC 2181 §10.3, RFC 2782, RFC 9471). */
function wrongTarget({ rr, line }: FileRecord, names: Names, { settings }: StaticRules): StaticProblem[] {
  const target = targetOf(rr);
  if (!target?.isWithin(settings.zone)) return [];
  const what = `the ${typeName(rr.type)} of ${rr.name} leads to ${target}`;
  if (names.has(target, RRType.CNAME))
    return [{ line, code: 'TARGET_IS_ALIAS', message: `${what}, which is an alias (RFC 2181 §10.3)` }];
  if (rr.type === RRType.NS && !names.has(target, RRType.A) && !names.has(target, RRType.AAAA))
    return [{ line, code: 'GLUE_MISSING', message: `${what}, which has no address here` }];
  return [];
}

function targetOf({ type, rdata }: RR): Name | undefined {
  if (type === RRType.NS) return ns.read(rdata).target;
  if (type === RRType.MX) return mx.read(rdata).exchange;
  if (type === RRType.SRV) return srv.read(rdata).target;
  return undefined;
}

/**
 * A wildcard answers for every name that is not there (RFC 4592 §3.3.1), and where nobody has registered yet the suffix itself is not there:
 * a record at the suffix keeps the wildcard off what is below it.
 */
function missingBarriers(records: readonly FileRecord[], names: Names, { suffixes }: StaticRules): StaticProblem[] {
  return records.flatMap(({ rr, line }) => {
    if (!isWildcard(rr.name)) return [];
    const parent = rr.name.parent();
    const open = suffixesIn(suffixes).find((suffix) => suffix.isWithin(parent) && names.inFile(suffix).size === 0);
    if (!open) return [];
    const message = `${rr.name} would answer for identifiers that nobody registered: put a record, such as a TXT, at ${open}`;
    return [{ line, code: 'SHADOWS_IDENTIFIERS' as const, message }];
  });
}
