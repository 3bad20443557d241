import { DnsError, smimea } from '@callbook/dns';
import type { Name, Smimea } from '@callbook/dns';
import { KeyError } from './errors.js';
import { publicKeyFromSpki } from './public-key.js';
import type { PublicKey } from './public-key.js';

/** DANE-EE, SPKI, full: a bare public key, trusted because DNSSEC says so (RFC 8162 §2, RFC 6698 §2.1). */
const bareKey = { usage: 3, selector: 1, matching: 0 } as const;

/** SMIMEA rdata `3 1 0 <SPKI>`. */
export const smimeaRdata = (key: PublicKey): Uint8Array => smimea.write({ ...bareKey, data: key.spki });

/**
 * The key in SMIMEA rdata.
 * @throws KeyError KEY_UNSUPPORTED when it holds a certificate, a hash or another usage; KEY_MALFORMED, KEY_WEAK
 */
export function keyFromSmimea(rdata: Uint8Array): PublicKey {
  const { usage, selector, matching, data } = readSmimea(rdata);
  if (usage !== bareKey.usage || selector !== bareKey.selector || matching !== bareKey.matching)
    throw new KeyError('KEY_UNSUPPORTED', `SMIMEA ${usage} ${selector} ${matching} is not a bare public key (3 1 0)`);
  return publicKeyFromSpki(data);
}

/** Where the SMIMEA records of a node are (RFC 8162 §3; for numbers there is no local part to hash). */
export const keyOwner = (node: Name): Name => node.prepend('_smimecert');

function readSmimea(rdata: Uint8Array): Smimea {
  try {
    return smimea.read(rdata);
  } catch (error) {
    if (error instanceof DnsError) throw new KeyError('KEY_MALFORMED', 'the rdata is not that of an SMIMEA record');
    throw error;
  }
}
