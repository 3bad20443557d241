import { fromBase64url, toBase64url } from './base64url.js';
import { KeyError } from './errors.js';
import { gsm7Septets, septetsOfOneMessage } from './gsm7.js';

/** No name of a directory has a colon, and no base64url has one: the mark cannot be anywhere else in our text. The digit is the version. */
const mark = 'CB1:';
/** The mark at the start of a word, and all of the alphabet that follows. Networks put words of their own before and behind. */
const marked = new RegExp(`(?<![A-Za-z0-9_:-])${mark}([A-Za-z0-9_-]+)`, 'g');

/**
 * The text that carries a sealed secret, as in `callbook.example CB1:…`, in characters of one septet. The name is there for whoever reads
 * it; it is left out where it alone would make the text longer than one message (the seal is bound to the directory anyway). So a 16-octet
 * secret is one message under every name: with it up to 69 characters of name for an X25519 key and 25 for P-256. RSA takes several.
 * @param directory a domain name without final dot
 * @throws KeyError SMS_TEXT_MALFORMED for a name that is not one
 */
export function smsTextOf(sealed: Uint8Array, directory: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(directory))
    throw new KeyError('SMS_TEXT_MALFORMED', 'the name of the directory is not a domain name');
  const bare = mark + toBase64url(sealed);
  const named = `${directory} ${bare}`;
  return gsm7Septets(named) > septetsOfOneMessage && gsm7Septets(bare) <= septetsOfOneMessage ? bare : named;
}

/** Finds the one sealed secret in a text. @throws KeyError SMS_TEXT_MALFORMED when there is none, or more than one */
export function sealedFromSms(text: string): Uint8Array {
  const found = new Set([...text.matchAll(marked)].map(([, sealed]) => sealed!));
  const [sealed] = found;
  if (sealed === undefined || found.size > 1)
    throw new KeyError('SMS_TEXT_MALFORMED', `the text has ${found.size} sealed secrets instead of one`);
  const octets = fromBase64url(sealed);
  if (!octets) throw new KeyError('SMS_TEXT_MALFORMED', 'the sealed secret in the text is cut or damaged');
  return octets;
}
