import { canonicalRdata, type RRset, type Rrsig } from '@callbook/dns';
import { DnssecError } from './errors.js';

/** Octets of RRSIG rdata before the signer's name (RFC 4034 §3.1). */
const fixedOctets = 18;

export type SignedFields = Omit<Rrsig, 'signature'>;

export interface SignedData {
  /** What is signed: RRSIG rdata without the signature, then the RRset, all in canonical form (RFC 4034 §3.1.8.1). */
  readonly octets: Uint8Array;
  /** How many of `octets` are the RRSIG's. */
  readonly prefixOctets: number;
}

/**
 * One buffer, filled once: signing and checking spend what is left of their time here. Names are lower-cased while they
 * are copied; the owner is written for the first record and repeated from there.
 * @throws DnssecError RRSET_EMPTY, SIGNATURE_MISMATCH (more labels than the owner has: RFC 4035 §5.3.2)
 */
export function signedData(set: RRset, fields: SignedFields): SignedData {
  const rdatas = canonicalOrder(set.type, set.rdatas);
  const owner = set.name.wire;
  const signer = fields.signer.wire;
  const surplus = set.name.labelCount - fields.labels;
  if (surplus < 0) throw new DnssecError('SIGNATURE_MISMATCH', 'signature counts more labels than its owner has');
  const ownerStart = surplus === 0 ? 0 : offsetOfLabel(owner, surplus);
  const ownerOctets = owner.length - ownerStart + (surplus === 0 ? 0 : 2);
  const prefixOctets = fixedOctets + signer.length;

  let size = prefixOctets + rdatas.length * (ownerOctets + 10);
  for (const rdata of rdatas) size += rdata.length;
  const data = Buffer.allocUnsafe(size);

  data.writeUInt16BE(fields.typeCovered, 0);
  data[2] = fields.algorithm;
  data[3] = fields.labels;
  data.writeUInt32BE(fields.originalTtl, 4);
  data.writeUInt32BE(fields.expiration, 8);
  data.writeUInt32BE(fields.inception, 12);
  data.writeUInt16BE(fields.keyTag, 16);
  copyLowerCase(signer, 0, data, fixedOctets);

  const first = prefixOctets;
  let at = first;
  if (surplus !== 0) {
    // RFC 4035 §5.3.2: a name that a wildcard made was signed as the wildcard.
    data[at] = 1;
    data[at + 1] = 0x2a;
    at += 2;
  }
  at = copyLowerCase(owner, ownerStart, data, at);
  data.writeUInt16BE(set.type, at);
  data.writeUInt16BE(set.class, at + 2);
  data.writeUInt32BE(fields.originalTtl, at + 4);
  at += 8;
  const head = at - first;
  for (const [index, rdata] of rdatas.entries()) {
    if (index > 0) {
      data.copyWithin(at, first, first + head);
      at += head;
    }
    data.writeUInt16BE(rdata.length, at);
    data.set(rdata, at + 2);
    at += 2 + rdata.length;
  }
  return { octets: data, prefixOctets };
}

/** RFC 4034 §6.3: canonical rdatas as left-justified octet strings, each once. */
function canonicalOrder(type: number, rdatas: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdatas.length === 1) return [canonicalRdata(type, rdatas[0] as Uint8Array)];
  if (rdatas.length === 0) throw new DnssecError('RRSET_EMPTY', 'an RRset has at least one record');
  return rdatas
    .map((rdata) => canonicalRdata(type, rdata))
    .sort(Buffer.compare)
    .filter((rdata, index, all) => index === 0 || Buffer.compare(rdata, all[index - 1] as Uint8Array) !== 0);
}

function offsetOfLabel(wire: Uint8Array, count: number): number {
  let offset = 0;
  for (let skipped = 0; skipped < count; skipped += 1) offset += 1 + (wire[offset] as number);
  return offset;
}

/** Length octets are at most 63 and so never look like a letter. */
function copyLowerCase(from: Uint8Array, start: number, to: Uint8Array, at: number): number {
  for (let index = start; index < from.length; index += 1) {
    const octet = from[index] as number;
    to[at++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
  }
  return at;
}
