import { base64Rest } from '../field-octets.js';
import { rdataType } from '../rdata-type.js';

/** A transferable OpenPGP public key (RFC 7929 §2), unarmoured. */
export interface Openpgpkey {
  data: Uint8Array;
}

export const openpgpkey = rdataType<Openpgpkey>('OPENPGPKEY', 61, { data: base64Rest });
