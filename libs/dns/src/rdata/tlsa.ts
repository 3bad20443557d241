import { hexRest } from '../field-octets.js';
import { named, u8 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** A certificate association of a TLS server (RFC 6698 §2). */
export interface Tlsa {
  usage: number;
  selector: number;
  matching: number;
  data: Uint8Array;
}

/** Fields of TLSA and of SMIMEA (RFC 8162 §2); mnemonics of RFC 7218. */
export const associationFields = {
  usage: named(u8, { 'PKIX-TA': 0, 'PKIX-EE': 1, 'DANE-TA': 2, 'DANE-EE': 3, PRIVCERT: 255 }),
  selector: named(u8, { CERT: 0, SPKI: 1, PRIVSEL: 255 }),
  matching: named(u8, { FULL: 0, 'SHA2-256': 1, 'SHA2-512': 2, PRIVMATCH: 255 }),
  data: hexRest,
};

export const tlsa = rdataType<Tlsa>('TLSA', 52, associationFields);
