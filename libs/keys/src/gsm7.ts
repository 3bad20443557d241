import { KeyError } from './errors.js';

/** GSM 7-bit default alphabet in its order, 3GPP TS 23.038 §6.2.1; position 27 is the escape, which is no character. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** The extension table, §6.2.1.1: an escape and a septet. */
const extension = new Set('\f^{}\\[~]|€');

/** How many septets one message holds (3GPP TS 23.040 §9.2.3.24: 140 octets). */
export const septetsOfOneMessage = 160;

/** Septets of a text in the GSM 7-bit alphabet. @throws KeyError TEXT_NOT_GSM7 for a character that would turn the message into UCS-2 */
export function gsm7Septets(text: string): number {
  let septets = 0;
  for (const character of text) {
    if (basic.has(character)) septets += 1;
    else if (extension.has(character)) septets += 2;
    else throw new KeyError('TEXT_NOT_GSM7', 'the text has a character outside the GSM 7-bit alphabet');
  }
  return septets;
}
