import { dnskey, Name, readZoneFile, rrsetsOf, RRType, type RR } from '@callbook/dns';
import { generateZoneKey, signRRset } from '@callbook/dnssec';

export const apex = Name.parse('callbook.example.');
export const now = Date.parse('2026-01-01T00:00:00Z');

const ksk = generateZoneKey(13, 257);
const zsk = generateZoneKey(13, 256);
export const denialKey = generateZoneKey(13, 256);
export const zoneKeys = { ksk, zsk };
export const anchor = { zone: apex, dnskey: ksk.rdata };

const validity = { inception: now / 1_000 - 3_600, expiration: now / 1_000 + 86_400 };

/** The records of one RRset and its signature. */
export function signed(text: string): RR[] {
  const records = readZoneFile(text, { origin: apex, ttl: 300 });
  return rrsetsOf(records).flatMap((set) => {
    const key = set.type === RRType.DNSKEY ? ksk : zsk;
    return [
      ...records.filter(({ name, type }) => name.equals(set.name) && type === set.type),
      signRRset(set, { key, signer: apex }, validity),
    ];
  });
}

export const soaText = (serial: number) => `@ 3600 SOA ns1 hostmaster ${serial} 3600 900 604800 60\n`;

export const zoneText = `@ 3600 NS ns1
ns1 A 127.0.0.1
3.2.1.0.0.9.0.0.7.7.4.4.e164 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .
_smimecert.3.2.1.0.0.9.0.0.7.7.4.4.e164 SMIMEA 3 1 0 0001020304
5.2.1.0.0.9.0.0.7.7.4.4.e164 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:bob@example.net!" .
`;

const keys: RR[] = [ksk, zsk, denialKey].map(({ rdata }) => ({
  name: apex,
  type: RRType.DNSKEY,
  class: 1,
  ttl: 3_600,
  rdata,
}));
const keyText = keys.map(({ rdata }) => `@ 3600 DNSKEY ${dnskey.writeText(dnskey.read(rdata))}\n`).join('');

/** A small signed zone: two numbers, one of them with a key. */
export const zoneRecords = (serial: number): RR[] => [
  ...signed(soaText(serial)),
  ...signed(keyText),
  ...signed(zoneText),
];
