import { maximumEntryOctets } from '@callbook/contracts';
import { DnsError, readZoneLines, rrsetsOf, rrsOf, type RR } from '@callbook/dns';
import { wantedAsStored, type SignedSet, type WantedSet } from '../zone/signed-set.js';
import { ofOperator } from '../zone/subject.js';
import { problemsOf, recordOctets, type FileRecord, type StaticProblem, type StaticRules } from './check-records.js';
import { Names } from './names.js';

/** The file as a whole is refused: nothing of it is taken. */
export class StaticRecordsError extends Error {
  override readonly name = 'StaticRecordsError';

  constructor(readonly problems: readonly StaticProblem[]) {
    super(problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
  }
}

/** Removing all of one file and adding all of another is one journal entry, and leaves room in it. */
const mostOctets = (maximumEntryOctets - 64 * 1_024) / 2;

/**
 * Reads a zone file of the operator's own records: relative names are under the apex, and the TTL is that of the zone unless said. Errors:
 * StaticRecordsError with all that is wrong.
 */
export function readStaticRecords(text: string, rules: StaticRules): WantedSet[] {
  const records = recordsOfText(text, rules);
  const problems = problemsOf(records, rules);
  if (problems.length > 0) throw new StaticRecordsError(problems);
  const sets = wantedSets(
    records.map(({ rr }) => rr),
    rules,
  );
  const octets = sets.reduce((sum, set) => sum + octetsOf(set, rules), 0);
  if (octets > mostOctets) {
    const message = `its signed records have ${octets} octets; they are published at once, so ${mostOctets} is the most`;
    throw new StaticRecordsError([{ line: 1, code: 'FILE_TOO_LARGE', message }]);
  }
  return sets;
}

/** Of what was taken from a file, all that may stay under a configuration that has changed since. */
export function stillInOrder(stored: readonly SignedSet[], rules: StaticRules): WantedSet[] {
  let left = stored.map((set) => rrsOf(wantedAsStored(set).set));
  for (;;) {
    const records = left.flatMap((rrs, line) => rrs.map((rr) => ({ rr, line })));
    const wrong = new Set(problemsOf(records, rules).map(({ line }) => line));
    if (wrong.size === 0) return wantedSets(left.flat(), rules);
    left = left.filter((_, line) => !wrong.has(line));
  }
}

function recordsOfText(text: string, { settings }: StaticRules): FileRecord[] {
  try {
    return readZoneLines(text, { origin: settings.zone, ttl: Math.ceil(settings.zoneTtl / 1_000) });
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    const [, line = '1', message = error.message] = /^line (\d+): (.*)$/s.exec(error.message) ?? [];
    throw new StaticRecordsError([{ line: Number(line), code: 'MALFORMED', message }]);
  }
}

function wantedSets(rrs: readonly RR[], { settings }: StaticRules): WantedSet[] {
  const names = new Names(settings, rrs);
  return rrsetsOf(rrs).map((set) => ({ subject: ofOperator, set, unsigned: names.isUnsigned(set.name, set.type) }));
}

function octetsOf({ set, unsigned = false }: WantedSet, { settings, signatureOctets }: StaticRules): number {
  // Owner, fixed fields (10), the RRSIG's own (18), signer, signature.
  const signature = set.name.wire.length + 28 + settings.zone.wire.length + signatureOctets;
  return recordOctets(set) + (unsigned ? 0 : signature);
}
