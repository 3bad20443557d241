import { dnskey, Name, RRType, type RR, type RRset } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { golden } from './testdata/golden.js';
import { usableKeys } from './trusted-set.js';
import { generateZoneKey } from './zone-key.js';

const keysOf = (file: string) => golden(file).filter(({ type }) => type === RRType.DNSKEY);
const usable = (rrs: RR[]) => {
  const set: RRset = { name: Name.root, type: RRType.DNSKEY, class: 1, ttl: 1, rdatas: rrs.map(({ rdata }) => rdata) };
  return usableKeys(set).length;
};

describe('keys that may vouch for anything', () => {
  it('are those of 1024 bits and more, if RSA', () => {
    expect(usable(keysOf('rfc-5702-6.1.zone'))).toBe(0); // 512 bits
    expect(usable(keysOf('ldns-8.zone'))).toBe(2); // 1024 and 2048 bits
  });

  it('are neither revoked, nor of other protocols or uses, nor of algorithms we do not know', () => {
    const { rdata } = generateZoneKey(13, 257);
    const made = (change: [offset: number, octet: number][]): RR => {
      const octets = Uint8Array.from(rdata);
      for (const [offset, octet] of change) octets[offset] = octet;
      return { name: Name.root, type: RRType.DNSKEY, class: 1, ttl: 1, rdata: octets };
    };
    expect(dnskey.read(rdata).flags).toBe(257);
    expect(usable([made([])])).toBe(1);
    expect(usable([made([[1, 0x81]]), made([[0, 0]]), made([[2, 2]]), made([[3, 5]])])).toBe(0);
    expect(usable([{ ...made([]), rdata: new Uint8Array(3) }])).toBe(0);
  });
});
