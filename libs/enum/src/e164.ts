import { EnumError, quoted } from './errors.js';

/** A number in international form: `+` and 2 to 15 ASCII digits, the first not 0 (E.164 §6; RFC 6116 §3.2). */
export type E164 = string & { readonly brand: 'E164' };

/**
 * Checks the form and nothing else: whether a country could have such a number is for `parsePhoneNumber`. Digits are never changed.
 * @throws EnumError NUMBER_MALFORMED
 */
export function parseE164(text: string): E164 {
  if (!isE164(text))
    throw new EnumError('NUMBER_MALFORMED', `${quoted(text)} is not + and 2 to 15 digits, the first not 0`);
  return text;
}

export const isE164 = (text: string): text is E164 => /^\+[1-9][0-9]{1,14}$/.test(text);
