export type DnssecErrorCode =
  // Keys
  | 'ALGORITHM_UNSUPPORTED'
  | 'DIGEST_UNSUPPORTED'
  | 'DNSKEY_MALFORMED'
  | 'DNSKEY_UNUSABLE'
  | 'DNSKEY_WEAK'
  | 'ZONE_KEY_MISMATCH'
  | 'KEY_TAGS_EXHAUSTED'
  // Signatures
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_MISMATCH'
  | 'SIGNATURE_NOT_YET_VALID'
  | 'SIGNATURE_EXPIRED'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_MISSING'
  | 'RRSET_EMPTY'
  | 'TYPE_NOT_DATA'
  // Chains
  | 'KEY_NOT_FOUND'
  | 'SIGNER_NOT_ZONE'
  | 'DENIAL_INSUFFICIENT'
  | 'ALIAS_INVALID'
  | 'ALIAS_TOO_LONG'
  | 'ANSWER_MALFORMED'
  | 'ANSWER_MISMATCH'
  | 'SERVER_FAILED'
  | 'TRUST_ANCHOR_UNUSABLE'
  | 'VALIDATION_LIMIT';

/** Every failure of this library. `code` is stable; the message is for people. */
export class DnssecError extends Error {
  override readonly name = 'DnssecError';

  constructor(
    readonly code: DnssecErrorCode,
    message: string,
  ) {
    super(message);
  }
}
