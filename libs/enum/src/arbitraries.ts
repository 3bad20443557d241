import fc from 'fast-check';
import type { E164 } from './e164.js';

/** Every number that has the form of E.164. */
export const anyE164: fc.Arbitrary<E164> = fc.stringMatching(/^\+[1-9][0-9]{1,14}$/).map((text) => text as E164);
