import { parsePhoneNumberWithError, ParseError } from 'libphonenumber-js/max';
import type { NumberType, PhoneNumber as LibraryNumber } from 'libphonenumber-js/max';
import { parseE164 } from './e164.js';
import type { E164 } from './e164.js';
import { EnumError, quoted } from './errors.js';

/** What numbering plans say a number is for; `unknown` also for ranges that are newer than our data. */
export type PhoneNumberKind =
  | 'mobile'
  | 'fixed'
  | 'fixed-or-mobile'
  | 'voip'
  | 'toll-free'
  | 'premium-rate'
  | 'shared-cost'
  | 'personal'
  | 'pager'
  | 'uan'
  | 'voicemail'
  | 'unknown';

export interface PhoneNumber {
  readonly e164: E164;
  /** ISO 3166-1 alpha-2, where the number tells it. */
  readonly country?: string;
  readonly kind: PhoneNumberKind;
  /** Whether numbers of that country can be as long. New ranges are possible long before data call them valid. */
  readonly possible: boolean;
}

const kinds: Readonly<Record<Exclude<NumberType, undefined>, PhoneNumberKind>> = {
  MOBILE: 'mobile',
  FIXED_LINE: 'fixed',
  FIXED_LINE_OR_MOBILE: 'fixed-or-mobile',
  VOIP: 'voip',
  TOLL_FREE: 'toll-free',
  PREMIUM_RATE: 'premium-rate',
  SHARED_COST: 'shared-cost',
  PERSONAL_NUMBER: 'personal',
  PAGER: 'pager',
  UAN: 'uan',
  VOICEMAIL: 'voicemail',
};

/**
 * Reads a number that a person wrote: `+`, then digits with spaces, brackets or hyphens between them. Digits in are digits out: whatever the
 * library would repair (a trunk 0, other digits, letters, an extension) is refused, because a repaired number may be someone else's.
 * @throws EnumError NUMBER_MALFORMED with the reason, NUMBER_IMPOSSIBLE when no country has this code or the number is hopelessly short
 */
export function parsePhoneNumber(text: string): PhoneNumber {
  const flaw = flaws.find(({ in: pattern }) => pattern.test(text));
  if (flaw) throw new EnumError('NUMBER_MALFORMED', `${quoted(text)} ${flaw.reason}`);
  const e164 = parseE164(text.replace(/[^+0-9]/g, ''));
  const number = ofLibrary(e164);
  if (number.number !== e164)
    throw new EnumError(
      'NUMBER_MALFORMED',
      `${quoted(text)} has a digit that is dialled only inside its country, as 0 after +44: leave it out`,
    );
  const { country } = number;
  const type = number.getType();
  return { e164, ...(country && { country }), kind: type ? kinds[type] : 'unknown', possible: number.isPossible() };
}

/** The number as its country groups it, as in `+44 7700 900123`; without groups where that is not known. */
export function formatPhoneNumber(e164: E164): string {
  try {
    const text = parsePhoneNumberWithError(e164, { extract: false }).formatInternational();
    return text.replace(/[^+0-9]/g, '') === e164 ? text : e164;
  } catch {
    return e164;
  }
}

/** What a person may have meant, first match first: each is refused with a reason that says what to write. */
const flaws: readonly { readonly in: RegExp; readonly reason: string }[] = [
  { in: /^.{65}/s, reason: 'is too long for a telephone number' },
  { in: /(?![0-9])\p{Nd}/u, reason: 'has digits of another script: write 0 to 9' },
  { in: /^\s*tel:/i, reason: 'is a URI: write the number alone' },
  { in: /^\s*00/, reason: 'starts with 00: write + and the country code' },
  { in: /^(?!\+)/, reason: 'does not start with + and the country code' },
  { in: /;|#|,|x|ext/i, reason: 'has an extension or parameters: write the number alone' },
  { in: /[^+0-9 ()-]/, reason: 'has a character that is no digit, space, bracket or hyphen' },
  {
    in: /^(?!\+[0-9]([ ()-]{0,3}[0-9])*$)/,
    reason: 'is not + and digits with a space, brackets or a hyphen between them',
  },
];

function ofLibrary(e164: E164): LibraryNumber {
  try {
    return parsePhoneNumberWithError(e164, { extract: false });
  } catch (error) {
    if (error instanceof ParseError)
      throw new EnumError('NUMBER_IMPOSSIBLE', `${quoted(e164)} is a number of no country`);
    throw error;
  }
}
