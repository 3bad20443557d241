import { nodeOf, parseE164 } from '@callbook/enum';
import { Name } from '@callbook/dns';
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

export const apex = 'callbook.example.';
const suffix = Name.parse(`e164.${apex}`);

/** A key of a P-256 certificate takes 91 octets. */
const keyOctets = 91;
const signatureOctets = 64;
const random = Buffer.alloc(1 << 16);
let used = random.length;

/** What nobody verifies here: random octets need as much memory as real ones. */
function octets(count: number): Buffer {
  if (used + count > random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += count;
  return random.subarray(used - count, used);
}

const signature = (type: string, labels: number) =>
  `RRSIG ${type} 13 ${labels} 300 20380101000000 20260101000000 12345 ${apex} ${octets(signatureOctets).toString('base64')}`;

/** A number of numbers, each with NAPTR at its node and SMIMEA below it, both signed; ECDSA P-256 as far as sizes go. */
export function writeZone(file: string, numbers: number): void {
  const descriptor = openSync(file, 'w');
  let lines = [
    ...[`$ORIGIN ${apex}`, '$TTL 300'],
    ...['@ SOA ns1 hostmaster 1 3600 900 604800 60', `@ ${signature('SOA', 2)}`],
    ...['@ NS ns1', `@ ${signature('NS', 2)}`],
    ...[`@ DNSKEY 257 3 13 ${octets(signatureOctets).toString('base64')}`, `@ ${signature('DNSKEY', 2)}`],
    ...['ns1 A 127.0.0.1', `ns1 ${signature('A', 3)}`],
  ];
  for (let n = 0; n < numbers; n += 1) {
    const number = `+447700900${String(n).padStart(6, '0')}`;
    const node = `${nodeOf(parseE164(number), suffix)}`;
    lines.push(
      `${node} NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:${number}@sip.example.net!" .`,
      `${node} ${signature('NAPTR', 18)}`,
      `_smimecert.${node} SMIMEA 3 1 0 ${octets(keyOctets).toString('hex')}`,
      `_smimecert.${node} ${signature('SMIMEA', 19)}`,
    );
    if (lines.length < 10_000) continue;
    writeSync(descriptor, `${lines.join('\n')}\n`);
    lines = [];
  }
  writeSync(descriptor, `${lines.join('\n')}\n`);
  closeSync(descriptor);
}
