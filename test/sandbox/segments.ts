/** How a text travels: GSM 03.38 septets, or UCS-2 as soon as one character is outside that alphabet. */
export interface Segmentation {
  readonly encoding: 'gsm7' | 'ucs2';
  /** Septets (an extension character takes two) or UTF-16 code units. */
  readonly units: number;
  /** Messages on the air, which is what the provider charges. */
  readonly segments: number;
}

/** 3GPP TS 23.038 §6.2.1, without the escape itself. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** 3GPP TS 23.038 §6.2.1.1: escape and a second septet. */
const extension = new Set('\f^{}\\[~]|€');

/** 140 octets; a concatenated message gives 6 of them to its header (3GPP TS 23.040 §9.2.3.24.1). */
const room = { gsm7: { single: 160, part: 153 }, ucs2: { single: 70, part: 67 } } as const;

const isGsm7 = (character: string) => basic.has(character) || extension.has(character);

export function segmentationOf(text: string): Segmentation {
  const characters = [...text];
  const encoding = characters.every(isGsm7) ? 'gsm7' : 'ucs2';
  return segmented(characters, encoding);
}

export const segmentationAsUcs2 = (text: string): Segmentation => segmented([...text], 'ucs2');

/** What a handset shows when the sender insists on GSM-7: characters outside the alphabet become question marks. */
export const forcedToGsm7 = (text: string): string =>
  [...text].map((character) => (isGsm7(character) ? character : '?')).join('');

function segmented(characters: readonly string[], encoding: 'gsm7' | 'ucs2'): Segmentation {
  const width = (character: string) => (encoding === 'ucs2' ? character.length : extension.has(character) ? 2 : 1);
  const units = characters.reduce((sum, character) => sum + width(character), 0);
  if (units <= room[encoding].single) return { encoding, units, segments: 1 };
  let segments = 1;
  let used = 0;
  // An escape pair or a surrogate pair is never torn over two segments, so that a segment may end one unit early.
  for (const character of characters) {
    if (used + width(character) > room[encoding].part) {
      segments += 1;
      used = 0;
    }
    used += width(character);
  }
  return { encoding, units, segments };
}
