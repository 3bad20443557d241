import { DnsError } from './errors.js';

/** Where a name is put together. */
const scratch = new Uint8Array(255);

const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** Octets that mean something in a zone file and are therefore written behind a backslash: `" $ ( ) . ; @ \`. */
const special = new Set([0x22, 0x24, 0x28, 0x29, 0x2e, 0x3b, 0x40, BACKSLASH]);

/**
 * Reads one escape (RFC 1035 §5.1: `\DDD` or `\X`) whose backslash stands at `at`.
 * @returns the octet and where the text goes on; undefined when the escape is broken.
 */
export function readEscape(text: string, at: number): { octet: number; next: number } | undefined {
  const first = text.charCodeAt(at + 1);
  if (!isDigit(first)) {
    return first > 0x1f && first < 0x7f ? { octet: first, next: at + 2 } : undefined;
  }
  const second = text.charCodeAt(at + 2);
  const third = text.charCodeAt(at + 3);
  if (!isDigit(second) || !isDigit(third)) return undefined;
  const octet = (first - 0x30) * 100 + (second - 0x30) * 10 + (third - 0x30);
  return octet > 255 ? undefined : { octet, next: at + 4 };
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/**
 * The wire form of a name in presentation form. A final dot may be left out.
 * @throws DnsError NAME_MALFORMED, NAME_TOO_LONG, LABEL_TOO_LONG, LABEL_EMPTY
 */
export function wireOfText(text: string): Uint8Array {
  if (text === '.') return new Uint8Array(1);
  const wire = scratch;
  let length = 0; // octet that holds the length of the label being read
  let end = 1; // where its next octet goes
  const closeLabel = (): void => {
    const size = end - length - 1;
    if (size === 0) throw new DnsError('LABEL_EMPTY', `${JSON.stringify(text)} has an empty label`);
    if (size > 63)
      throw new DnsError('LABEL_TOO_LONG', `${JSON.stringify(text)} has a label of ${size} octets, over 63`);
    wire[length] = size;
    length = end;
    end += 1;
  };
  let at = 0;
  while (at < text.length) {
    let octet = text.charCodeAt(at);
    if (octet === DOT) {
      closeLabel();
      at += 1;
      continue;
    }
    if (octet === BACKSLASH) {
      const escape = readEscape(text, at);
      if (!escape) throw new DnsError('NAME_MALFORMED', `${JSON.stringify(text)} has a broken escape`);
      octet = escape.octet;
      at = escape.next;
    } else {
      // Eight-bit octets and blanks have to be escaped: whoever types them raw most likely means an IDN, or made a slip.
      if (octet < 0x21 || octet > 0x7e) {
        throw new DnsError('NAME_MALFORMED', `${JSON.stringify(text)} has a character that must be escaped`);
      }
      at += 1;
    }
    // A label of 64 octets is reported as such and not as a name too long, hence the room beyond 255.
    if (end < wire.length) wire[end] = octet;
    end += 1;
  }
  if (end !== length + 1) closeLabel();
  else if (length === 0) throw new DnsError('LABEL_EMPTY', 'an empty text is no name; the root is "."');
  if (length + 1 > 255) throw new DnsError('NAME_TOO_LONG', `a name of ${length + 1} octets, over 255`);
  wire[length] = 0;
  return wire.slice(0, length + 1);
}

/** Presentation form of a checked wire form, always with the final dot. */
export function textOfWire(wire: Uint8Array): string {
  if (wire.length === 1) return '.';
  let text = '';
  for (let at = 0; wire[at] !== 0;) {
    const end = at + 1 + wire[at]!;
    for (at += 1; at < end; at += 1) text += escapedOctet(wire[at]!);
    text += '.';
  }
  return text;
}

function escapedOctet(octet: number): string {
  if (octet < 0x21 || octet > 0x7e) return `\\${String(octet).padStart(3, '0')}`;
  return special.has(octet) ? `\\${String.fromCharCode(octet)}` : String.fromCharCode(octet);
}
