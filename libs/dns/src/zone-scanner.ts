import { DnsError } from './errors.js';

export interface ZoneToken {
  /** Quotes taken off, escapes still there. */
  text: string;
  isQuoted: boolean;
}

/** One entry of a zone file: a line, or several inside parentheses. */
export interface ZoneEntry {
  /** Number of the line where the entry starts, from 1. */
  line: number;
  /** Whether it starts with a blank: the owner is that of the entry before. */
  isIndented: boolean;
  tokens: ZoneToken[];
}

/** Blank, tab, line ends, and what ends a bare token. */
const isBlank = (character: string): boolean => character === ' ' || character === '\t' || character === '\r';
const endsToken = (character: string): boolean =>
  isBlank(character) ||
  character === '\n' ||
  character === '"' ||
  character === ';' ||
  character === '(' ||
  character === ')';

/**
 * Splits a zone file into entries (RFC 1035 §5.1): comments and line ends gone, parentheses joined, strings without their quotes.
 * @throws DnsError ZONE_FILE_MALFORMED with the line
 */
export function* zoneEntries(text: string): Generator<ZoneEntry> {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  let depth = 0;
  let entry: ZoneEntry | undefined;

  while (at < text.length) {
    const character = text[at]!;
    entry ??= { line, isIndented: isBlank(character), tokens: [] };
    if (character === '\n') {
      at += 1;
      line += 1;
      if (depth > 0) continue;
      if (entry.tokens.length > 0) yield entry;
      entry = undefined;
    } else if (isBlank(character)) {
      at += 1;
    } else if (character === ';') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (character === '(') {
      depth += 1;
      at += 1;
    } else if (character === ')') {
      if (depth === 0) throw zoneFileError(line, 'a ")" closes nothing');
      depth -= 1;
      at += 1;
    } else {
      const { token, end } = character === '"' ? quotedToken(text, at, line) : bareToken(text, at, line);
      entry.tokens.push(token);
      at = end;
    }
  }
  if (depth > 0) throw zoneFileError(entry?.line ?? line, 'a "(" is never closed');
  if (entry && entry.tokens.length > 0) yield entry;
}

/** @returns the string that starts with the quote at `start`. */
function quotedToken(text: string, start: number, line: number): { token: ZoneToken; end: number } {
  const end = closingQuote(text, start, line);
  return { token: { text: text.slice(start + 1, end - 1), isQuoted: true }, end };
}

/** A token without quotes; quotes inside it (`alpn="h2,h3"`, RFC 9460 §2.1) belong to it and keep blanks together. */
function bareToken(text: string, start: number, line: number): { token: ZoneToken; end: number } {
  let collected = '';
  let from = start;
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '\\') {
      at += 2;
    } else if (character === '"' && text[at - 1] === '=') {
      const end = closingQuote(text, at, line);
      collected += text.slice(from, at) + text.slice(at + 1, end - 1);
      at = from = end;
    } else if (endsToken(character)) {
      break;
    } else {
      at += 1;
    }
  }
  const end = Math.min(at, text.length);
  const token = collected + text.slice(from, end);
  if (token.includes('\n')) throw zoneFileError(line, 'a line ends in a backslash');
  return { token: { text: token, isQuoted: false }, end };
}

/** @returns the offset after the quote that closes the one at `open`. */
function closingQuote(text: string, open: number, line: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') return at + 1;
    if (character === '\n') break;
    if (character === '\\') {
      if (text[at + 1] === '\n') break;
      at += 1;
    }
  }
  throw zoneFileError(line, 'a string is not closed on its line');
}

export function zoneFileError(line: number, what: string): DnsError {
  return new DnsError('ZONE_FILE_MALFORMED', `line ${line}: ${what}`);
}
