import { callbookError } from '@callbook/contracts';
import { pino, type DestinationStream } from 'pino';

/**
 * What may be logged: an event's fixed name and fields of these types. There is no free text, so that no identifier, secret or key can
 * slip in with a message; strings are scrubbed all the same, should one hold something that looks like one.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const looksPrivate: readonly RegExp[] = [
  /\+?\d[\d\s().-]{6,}\d/g, // a telephone number
  /(?:\d\.){6,}\S*/g, // its domain name
  /[^\s"'<>@]+@[^\s"'<>@]+/g, // an e-mail or SIP address
  /[A-Za-z0-9_-]{40,}/g, // a key, a secret, a token, a hash
];

/** Our own random ids say nothing of anyone, though their digits may look like a number. */
const uuid = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/i;

export const scrub = (text: string): string =>
  text
    .split(uuid)
    .map((part, index) =>
      index % 2 === 1 ? part : looksPrivate.reduce((result, pattern) => result.replace(pattern, '[redacted]'), part),
    )
    .join('');

const scrubbed = (fields: LogFields) =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? scrub(value) : value]),
  );

export function createLog(service: string, level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const out = destination ? pino(options, destination) : pino(options);
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}) =>
      out[severity](scrubbed(fields), event);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** An error as log fields: its code and where it was thrown. Its message may quote what a client sent, so it is left out. */
export function errorFields(thrown: unknown): LogFields {
  const error = callbookError(thrown);
  const origin = error.options.cause ?? thrown;
  const { name, code } =
    origin instanceof Error ? (origin as NodeJS.ErrnoException) : { name: typeof origin, code: undefined };
  const frames =
    origin instanceof Error
      ? (origin.stack ?? '')
          .split('\n')
          .filter((line) => line.trimStart().startsWith('at '))
          .slice(0, 6)
          .map((line) => line.trim().replace(/\(.*\/(?=[^/]+\/[^/]+\/[^/]+\))/, '('))
          .join(' ← ')
      : '';
  return {
    code: error.code,
    error: name,
    ...(code !== undefined && code !== error.code && { cause: String(code) }),
    at: frames,
  };
}
