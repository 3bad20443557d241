/**
 * What can be wrong with a number, an identifier or a route. `NUMBER_MALFORMED` is no E.164 number, `NUMBER_IMPOSSIBLE` is one that no country
 * can have; `ROUTE_*` says why a route cannot be published.
 */
export const enumErrorCodes = [
  'NUMBER_MALFORMED',
  'NUMBER_IMPOSSIBLE',
  'IDENTIFIER_MALFORMED',
  'IDENTIFIER_TOO_LONG',
  'ROUTE_SERVICE_UNKNOWN',
  'ROUTE_URI_MALFORMED',
  'ROUTE_URI_MISMATCH',
  'ROUTE_TOO_LONG',
  'ROUTE_OUT_OF_RANGE',
  'ROUTE_DUPLICATE',
  'ROUTE_NONE',
] as const;

export type EnumErrorCode = (typeof enumErrorCodes)[number];

/** The only error that this library throws on bad input. The message may quote the input: it goes to whoever sent that, never to a log. */
export class EnumError extends Error {
  override readonly name = 'EnumError';

  constructor(
    readonly code: EnumErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Input as a message quotes it: escaped, and no longer than a line. */
export const quoted = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
