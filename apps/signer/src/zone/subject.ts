import { createHash } from 'node:crypto';

/**
 * Whose an RRset is: SHA-256 of the identifier's URI in hex, or `zoneItself`. The signer has to recognise an identifier, not to know it:
 * what it keeps says no more than the owner names that the zone publishes.
 */
export type Subject = string & { readonly brand: 'Subject' };

export const zoneItself = '' as Subject;

export const subjectOf = (identifierUri: string): Subject =>
  createHash('sha256').update(identifierUri).digest('hex') as Subject;
