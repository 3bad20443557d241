/**
 * What can be wrong with octets, text or a value handed to this library.
 *
 * `NAME_*`, `LABEL_*`, `CHARACTER_STRING_TOO_LONG`, `VALUE_OUT_OF_RANGE` and `RDATA_MALFORMED` concern one name or one record;
 * `MESSAGE_*` are the family that a server answers with FORMERR; `ZONE_FILE_MALFORMED` names the line.
 */
export const dnsErrorCodes = [
  'NAME_MALFORMED',
  'NAME_TOO_LONG',
  'LABEL_TOO_LONG',
  'LABEL_EMPTY',
  'CHARACTER_STRING_TOO_LONG',
  'VALUE_OUT_OF_RANGE',
  'RDATA_MALFORMED',
  'TYPE_UNKNOWN',
  'MESSAGE_MALFORMED',
  'MESSAGE_POINTER_INVALID',
  'MESSAGE_OPT_INVALID',
  'MESSAGE_TSIG_INVALID',
  'MESSAGE_TRAILING_OCTETS',
  'MESSAGE_TOO_LONG',
  'ZONE_FILE_MALFORMED',
] as const;

export type DnsErrorCode = (typeof dnsErrorCodes)[number];

/** The only error that this library throws on bad input. */
export class DnsError extends Error {
  override readonly name = 'DnsError';

  /** @param id of the message that could not be read, where its first two octets were there: a FORMERR needs it. */
  constructor(
    readonly code: DnsErrorCode,
    message: string,
    readonly id?: number,
  ) {
    super(message);
  }
}
