import { CallbookError } from '@callbook/contracts';

/** What is published for an identifier now; nothing before the first statement. */
export interface Head {
  readonly account: string;
  readonly sequence: number;
  /** Of the statement's payload, base64url SHA-256. */
  readonly hash: string;
}

/** What decides the place of a statement in its chain. */
export interface Link {
  readonly account: string;
  readonly sequence: number;
  readonly previous?: string | undefined;
}

/**
 * `first` and `next` extend the chain. `used`: its sequence was taken already, so that the statement is either the same one again, which
 * is answered as the first time, or another one, which is a conflict.
 */
export type Place = 'first' | 'next' | 'used';

/**
 * One holder, sequences without a gap, each statement naming the one before. The holder is looked at first: nobody else learns where the
 * chain stands. Errors: NOT_THE_HOLDER, SEQUENCE_CONFLICT, PREVIOUS_MISMATCH.
 */
export function placeOf(head: Head | undefined, link: Link): Place {
  if (head && head.account !== link.account)
    throw new CallbookError('NOT_THE_HOLDER', 'the binding of this identifier is held by another key');
  const current = head?.sequence ?? 0;
  if (link.sequence <= current) return 'used';
  if (link.sequence !== current + 1) throw sequenceConflict(current);
  if (link.previous !== head?.hash)
    throw new CallbookError(
      'PREVIOUS_MISMATCH',
      head ? '`previous` is not the hash of the statement before' : 'a first statement has no `previous`',
    );
  return head ? 'next' : 'first';
}

export const sequenceConflict = (current: number) =>
  new CallbookError('SEQUENCE_CONFLICT', `the next statement has sequence ${current + 1}`);
