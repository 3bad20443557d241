import { base64Rest } from '../field-octets.js';
import { algorithm, named, u16 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** A certificate or key of another system (RFC 4398 §2). */
export interface Cert {
  certType: number;
  keyTag: number;
  algorithm: number;
  data: Uint8Array;
}

/** RFC 4398 §2.1. */
const certType = named(u16, {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
});

export const cert = rdataType<Cert>('CERT', 37, { certType, keyTag: u16, algorithm, data: base64Rest });
