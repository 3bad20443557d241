import { DnsError } from './errors.js';
import { secondsOf } from './fields.js';
import type { Name } from './name.js';
import { rdataOfText } from './rdata-text.js';
import { soa } from './rdata/soa.js';
import type { RR } from './rr.js';
import { nameIn } from './tokens.js';
import type { Origin } from './tokens.js';
import { findClassCode, findTypeCode, RRClass, RRType } from './type-codes.js';
import { zoneEntries, zoneFileError } from './zone-scanner.js';
import type { ZoneEntry, ZoneToken } from './zone-scanner.js';

/** RFC 2181 §8. */
const LARGEST_TTL = 2 ** 31 - 1;

/** What entries take over from those before them. */
interface Context {
  origin: Origin;
  owner: Name | undefined;
  /** The text that `owner` came from, under the same origin: owners repeat from line to line. */
  ownerText: string | undefined;
  /** From $TTL or the caller: goes before `lastTtl` (RFC 2308 §4). */
  defaultTtl: number | undefined;
  lastTtl: number | undefined;
  class: number;
}

export interface ZoneFileOptions {
  /** What relative names are completed with until `$ORIGIN`; without it they are refused. */
  readonly origin?: Name;
  /** TTL in seconds until `$TTL`. */
  readonly ttl?: number;
}

/**
 * Reads a zone file (RFC 1035 §5): `$ORIGIN`, `$TTL`, parentheses, comments, escapes, records of unknown types (RFC 3597 §5).
 * A TTL that is left out is that of `$TTL`, else of the record before, else the minimum of the SOA. `$INCLUDE` and `$GENERATE` are
 * refused: this library does no I/O and the latter is BIND's own.
 *
 * @throws DnsError ZONE_FILE_MALFORMED with the line
 */
export function readZoneFile(text: string, options: ZoneFileOptions = {}): RR[] {
  return readZoneLines(text, options).map(({ rr }) => rr);
}

/** As `readZoneFile`, with the line where each record begins, for whoever has to tell the file's author about one of them. */
export const readZoneLines = (text: string, options: ZoneFileOptions = {}): { rr: RR; line: number }[] => [
  ...recordsOfZone([text], options),
];

/** As `readZoneFile`, one record at a time, from a file that comes in pieces, cut anywhere. */
export function* readZonePieces(pieces: Iterable<string>, options: ZoneFileOptions = {}): Generator<RR> {
  for (const { rr } of recordsOfZone(pieces, options)) yield rr;
}

function* recordsOfZone(pieces: Iterable<string>, options: ZoneFileOptions): Generator<{ rr: RR; line: number }> {
  const context: Context = {
    origin: options.origin ?? 'none',
    owner: undefined,
    ownerText: undefined,
    defaultTtl: options.ttl,
    lastTtl: undefined,
    class: RRClass.IN,
  };
  for (const entry of zoneEntries(pieces)) {
    const rr = recordOf(entry, context);
    if (rr) yield { rr, line: entry.line };
  }
}

/** Undefined when the entry is a directive. */
function recordOf(entry: ZoneEntry, context: Context): RR | undefined {
  try {
    const first = entry.tokens[0]!;
    if (first.isQuoted || !first.text.startsWith('$') || entry.isIndented) return readRecord(entry, context);
    obey(entry.tokens, context);
    return undefined;
  } catch (error) {
    if (!(error instanceof DnsError) || error.code === 'ZONE_FILE_MALFORMED') throw error;
    throw zoneFileError(entry.line, error.message);
  }
}

function obey([directive, argument, ...rest]: ZoneToken[], context: Context): void {
  const what = directive!.text.toUpperCase();
  if (what !== '$ORIGIN' && what !== '$TTL') throw new DnsError('RDATA_MALFORMED', `${what} is not supported`);
  if (!argument || rest.length > 0) throw new DnsError('RDATA_MALFORMED', `${what} takes one argument`);
  if (what === '$ORIGIN') {
    context.origin = nameIn(argument.text, context.origin);
    context.ownerText = undefined;
  } else context.defaultTtl = checkedTtl(secondsOf(argument.text));
}

function readRecord({ tokens, isIndented }: ZoneEntry, context: Context): RR {
  let at = 0;
  if (!isIndented) {
    // The owner is taken first, whatever it looks like: a host may be called "in", "a" or "300".
    const { text } = tokens[0]!;
    if (text !== context.ownerText) context.owner = nameIn(text, context.origin);
    context.ownerText = text;
    at = 1;
  }
  const name = context.owner;
  if (!name) throw new DnsError('RDATA_MALFORMED', 'the first record has no owner');

  let ttl: number | undefined;
  let rrClass: number | undefined;
  let type: number | undefined;
  for (; type === undefined; at += 1) {
    const text = tokens[at]?.text;
    if (text === undefined) throw new DnsError('RDATA_MALFORMED', 'a record has no type');
    const asClass = rrClass === undefined ? findClassCode(text) : undefined;
    if (ttl === undefined && /^\d/.test(text)) ttl = checkedTtl(secondsOf(text));
    // ANY is a class only in questions: here it could only be a type, and that it cannot be either.
    else if (asClass !== undefined && asClass !== RRClass.ANY) rrClass = asClass;
    else type = checkedType(text);
  }
  context.class = rrClass ?? context.class;
  const rdata = rdataOfText(type, tokens.slice(at).map(fieldOf), context.origin);
  ttl ??= context.defaultTtl ?? context.lastTtl ?? (type === RRType.SOA ? soa.read(rdata).minimum : undefined);
  if (ttl === undefined) throw new DnsError('RDATA_MALFORMED', 'a record has no TTL and there is no default');
  context.lastTtl = ttl;
  return { name, type, class: context.class, ttl, rdata };
}

/** A quoted `\#` is a string of one character and not the mark of RFC 3597. */
const fieldOf = ({ text, isQuoted }: ZoneToken): string => (isQuoted && text === '\\#' ? '#' : text);

function checkedType(text: string): number {
  const type = findTypeCode(text);
  if (type === undefined) throw new DnsError('TYPE_UNKNOWN', `${JSON.stringify(text)} is no record type`);
  // RFC 6895 §3.1: 128 to 255 are meta-types and question types.
  const isMeta = type === 0 || type === RRType.OPT || (type >= RRType.NXNAME && type <= RRType.ANY);
  if (isMeta) throw new DnsError('TYPE_UNKNOWN', `${text} is no type of a record in a zone`);
  return type;
}

function checkedTtl(seconds: number | undefined): number {
  if (seconds === undefined || seconds > LARGEST_TTL) {
    throw new DnsError('RDATA_MALFORMED', 'a TTL is a number of seconds from 0 to 2^31 - 1');
  }
  return seconds;
}
