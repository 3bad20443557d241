import { hexRest } from '../field-octets.js';
import { u8 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** Fingerprint of an SSH host key (RFC 4255 §3). */
export interface Sshfp {
  algorithm: number;
  fingerprintType: number;
  fingerprint: Uint8Array;
}

export const sshfp = rdataType<Sshfp>('SSHFP', 44, { algorithm: u8, fingerprintType: u8, fingerprint: hexRest });
