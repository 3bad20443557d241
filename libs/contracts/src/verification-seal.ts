/**
 * The HPKE `info` (RFC 9180 §5.1) under which the secret of a verification is sealed, and the label of RSA-OAEP: both sides make the
 * same text, so that a message moved to another directory, session or identifier does not open. No part can hold a line feed.
 */
export const verificationSealInfo = (directory: string, verificationId: string, identifierUri: string): string =>
  ['callbook verification secret v1', directory, verificationId, identifierUri].join('\n');
