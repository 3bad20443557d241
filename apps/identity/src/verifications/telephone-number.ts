import { CallbookError, type IdentifierInput } from '@callbook/contracts';
import { identifierUri, parsePhoneNumber, type PhoneNumberKind } from '@callbook/enum';

/** Kinds to which no message is sent: they cost whoever sends, or nobody alone holds them. */
const refusedKinds: readonly PhoneNumberKind[] = [
  'premium-rate',
  'shared-cost',
  'toll-free',
  'uan',
  'voicemail',
  'pager',
  'personal',
];

/**
 * The `tel:` URI of a number that can be sent a message. Metadata only rules out what can never be a number and what would be toll fraud:
 * ranges are opened before metadata knows of them, so that the message itself decides whether a number exists. Errors: NUMBER_MALFORMED,
 * NUMBER_IMPOSSIBLE, CHANNEL_UNAVAILABLE.
 */
export function telephoneIdentifier(input: IdentifierInput): string {
  if (input.type !== 'tel')
    throw new CallbookError('CHANNEL_UNAVAILABLE', `identifiers of type ${input.type} cannot be proved here`);
  const { e164, kind, possible } = parsePhoneNumber(input.value);
  if (!possible) throw new CallbookError('NUMBER_IMPOSSIBLE', 'no such number can exist in its country');
  if (refusedKinds.includes(kind))
    throw new CallbookError('CHANNEL_UNAVAILABLE', 'no message is sent to a number of this kind');
  return identifierUri({ type: 'tel', value: e164 });
}
