import { createHash } from 'node:crypto';

/**
 * Whose an RRset is: SHA-256 of the identifier's URI in hex, `zoneItself`, or `ofOperator`. The signer has to recognise an identifier, not to know it:
 * what it keeps says no more than the owner names that the zone publishes.
 */
export type Subject = string & { readonly brand: 'Subject' };

export const zoneItself = '' as Subject;
/** What the operator adds to the zone from a file: one octet, which no hash is. */
export const ofOperator = '01' as Subject;

export const subjectOf = (identifierUri: string): Subject =>
  createHash('sha256').update(identifierUri).digest('hex') as Subject;
