import { KeyError } from './errors.js';
import type { KeyKind, KeyMaterial } from './key-material.js';

/** AlgorithmIdentifier of each kind, DER, hexadecimal (RFC 8410 §3, RFC 5480 §2.1.1, RFC 3279 §2.3.1). */
const algorithms: Readonly<Record<KeyKind, string>> = {
  ed25519: '300506032b6570',
  x25519: '300506032b656e',
  p256: '301306072a8648ce3d020106082a8648ce3d030107',
  rsa: '300d06092a864886f70d0101010500',
};

const tag = { integer: 0x02, bits: 0x03, sequence: 0x30 } as const;
/** Leading octet of an uncompressed point, SEC 1 §2.3.3. */
const uncompressed = 0x04;

/** SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7). */
export function writeSpki(material: KeyMaterial): Uint8Array {
  const bits = Buffer.concat([Uint8Array.of(0), subjectPublicKey(material)]);
  return element(tag.sequence, Buffer.concat([Buffer.from(algorithms[material.kind], 'hex'), element(tag.bits, bits)]));
}

function subjectPublicKey(material: KeyMaterial): Uint8Array {
  switch (material.kind) {
    case 'ed25519':
    case 'x25519':
      return material.x;
    case 'p256':
      return Buffer.concat([Uint8Array.of(uncompressed), material.x, material.y]);
    case 'rsa':
      return element(tag.sequence, Buffer.concat([integer(material.n), integer(material.e)]));
  }
}

/** Reads the structure; whether the numbers make a good key, and the octets its one form, is for the caller. */
export function readSpki(der: Uint8Array): KeyMaterial {
  const info = new Elements(der).only(tag.sequence);
  const algorithm = Buffer.from(info.raw(tag.sequence)).toString('hex');
  const bits = info.next(tag.bits);
  info.close();
  const kind = (Object.keys(algorithms) as KeyKind[]).find((candidate) => algorithms[candidate] === algorithm);
  if (!kind) throw new KeyError('KEY_UNSUPPORTED', 'the key is not Ed25519, X25519, P-256 or RSA');
  if (bits[0] !== 0) throw malformed();
  return readSubjectPublicKey(kind, bits.subarray(1));
}

function readSubjectPublicKey(kind: KeyKind, octets: Uint8Array): KeyMaterial {
  switch (kind) {
    case 'ed25519':
    case 'x25519':
      return { kind, x: octets };
    case 'p256':
      if (octets.length === 33 && (octets[0] === 2 || octets[0] === 3))
        throw new KeyError('KEY_UNSUPPORTED', 'the P-256 point is compressed: give it uncompressed');
      if (octets.length !== 65 || octets[0] !== uncompressed) throw malformed();
      return { kind, x: octets.subarray(1, 33), y: octets.subarray(33) };
    case 'rsa': {
      const numbers = new Elements(octets).only(tag.sequence);
      const [n, e] = [numbers.next(tag.integer), numbers.next(tag.integer)];
      numbers.close();
      return { kind, n: withoutSignOctet(n), e: withoutSignOctet(e) };
    }
  }
}

const malformed = () => new KeyError('KEY_MALFORMED', 'the key is not a SubjectPublicKeyInfo in DER');

/** Elements of DER one after the other (X.690 §8.1). */
class Elements {
  private at = 0;

  constructor(private readonly octets: Uint8Array) {}

  /** Content of the next element, which has to have this tag. @throws KeyError KEY_MALFORMED */
  next(expected: number): Uint8Array {
    const [found, first] = [this.octets[this.at], this.octets[this.at + 1]];
    if (found !== expected || first === undefined) throw malformed();
    const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
    if (lengthOctets > 3) throw malformed();
    const start = this.at + 2 + lengthOctets;
    let length = first < 0x80 ? first : 0;
    for (let at = this.at + 2; at < start; at += 1) length = length * 256 + (this.octets[at] ?? 0);
    if (start + length > this.octets.length) throw malformed();
    this.at = start + length;
    return this.octets.subarray(start, this.at);
  }

  /** The next element with its tag and length. @throws KeyError KEY_MALFORMED */
  raw(expected: number): Uint8Array {
    const start = this.at;
    this.next(expected);
    return this.octets.subarray(start, this.at);
  }

  /** The elements inside the one element that there is. @throws KeyError KEY_MALFORMED */
  only(expected: number): Elements {
    const inner = new Elements(this.next(expected));
    this.close();
    return inner;
  }

  /** @throws KeyError KEY_MALFORMED if anything is left */
  close(): void {
    if (this.at !== this.octets.length) throw malformed();
  }
}

function element(elementTag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const header =
    length < 0x80
      ? [elementTag, length]
      : length < 0x100
        ? [elementTag, 0x81, length]
        : [elementTag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(header), content]);
}

/** A positive INTEGER: an octet of zero goes before a top bit that would be a sign. */
const integer = (octets: Uint8Array): Buffer =>
  element(tag.integer, octets[0]! < 0x80 ? octets : Buffer.concat([Uint8Array.of(0), octets]));

/** @throws KeyError KEY_MALFORMED for a negative number */
function withoutSignOctet(octets: Uint8Array): Uint8Array {
  if (octets.length === 0 || octets[0]! >= 0x80) throw malformed();
  return octets[0] === 0 ? octets.subarray(1) : octets;
}
