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

const code = {
  tab: 9,
  newline: 10,
  return: 13,
  space: 32,
  quote: 34,
  open: 40,
  close: 41,
  semicolon: 59,
  equals: 61,
  backslash: 92,
};

/** Blank, tab, line ends, and what ends a bare token. */
const isBlank = (at: number): boolean => at === code.space || at === code.tab || at === code.return;
const endsToken = (at: number): boolean =>
  isBlank(at) ||
  at === code.newline ||
  at === code.quote ||
  at === code.semicolon ||
  at === code.open ||
  at === code.close;

/**
 * Splits a zone file into entries (RFC 1035 §5.1): comments and line ends gone, parentheses joined, strings without their quotes. The file comes
 * in pieces, cut anywhere.
 * @throws DnsError ZONE_FILE_MALFORMED with the line
 */
export function* zoneEntries(pieces: Iterable<string>): Generator<ZoneEntry> {
  const scanner = new ZoneScanner();
  let rest = '';
  for (const piece of pieces) {
    const text: string = rest + piece;
    // Nothing but parentheses goes on beyond a line.
    const end = text.lastIndexOf('\n') + 1;
    yield* scanner.entries(text.slice(0, end));
    rest = text.slice(end);
  }
  yield* scanner.entries(rest);
  yield* scanner.end();
}

/** Where in the file, and in which entry, the text that was read so far ends. */
class ZoneScanner {
  private line = 1;
  private begun = false;
  private depth = 0;
  private entry: ZoneEntry | undefined;

  /** Of text that ends with a line. */
  *entries(text: string): Generator<ZoneEntry> {
    let at = !this.begun && text.startsWith('\uFEFF') ? 1 : 0;
    this.begun ||= text.length > 0;
    while (at < text.length) {
      const character = text.charCodeAt(at);
      this.entry ??= { line: this.line, isIndented: isBlank(character), tokens: [] };
      const { entry } = this;
      if (character === code.newline) {
        at += 1;
        this.line += 1;
        if (this.depth > 0) continue;
        this.entry = undefined;
        if (entry.tokens.length > 0) yield entry;
      } else if (isBlank(character)) {
        at += 1;
      } else if (character === code.semicolon) {
        const end = text.indexOf('\n', at);
        at = end < 0 ? text.length : end;
      } else if (character === code.open) {
        this.depth += 1;
        at += 1;
      } else if (character === code.close) {
        if (this.depth === 0) throw zoneFileError(this.line, 'a ")" closes nothing');
        this.depth -= 1;
        at += 1;
      } else {
        const { token, end } =
          character === code.quote ? quotedToken(text, at, this.line) : bareToken(text, at, this.line);
        entry.tokens.push(token);
        at = end;
      }
    }
  }

  /** What is left at the end of the file. */
  *end(): Generator<ZoneEntry> {
    const { entry } = this;
    if (this.depth > 0) throw zoneFileError(entry?.line ?? this.line, 'a "(" is never closed');
    if (entry && entry.tokens.length > 0) yield entry;
  }
}

/** @returns the string that starts with the quote at `start`. */
function quotedToken(text: string, start: number, line: number): { token: ZoneToken; end: number } {
  const end = closingQuote(text, start, line);
  return { token: { text: text.slice(start + 1, end - 1), isQuoted: true }, end };
}

/** What no token ends in, and nothing has to be taken out of. */
const plainToken = /[^ \t\r\n"\\;()]*/y;

/** A token without quotes; quotes inside it (`alpn="h2,h3"`, RFC 9460 §2.1) belong to it and keep blanks together. */
function bareToken(text: string, start: number, line: number): { token: ZoneToken; end: number } {
  plainToken.lastIndex = start;
  plainToken.test(text);
  const plainEnd = plainToken.lastIndex;
  const next = text.charCodeAt(plainEnd);
  if (next !== code.quote && next !== code.backslash)
    return { token: { text: text.slice(start, plainEnd), isQuoted: false }, end: plainEnd };
  let collected = '';
  let from = start;
  let at = start;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (character === code.backslash) {
      at += 2;
    } else if (character === code.quote && text.charCodeAt(at - 1) === code.equals) {
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
