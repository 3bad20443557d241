import { DnsError } from './errors.js';

/** Type codes of the IANA registry "Resource Record (RR) TYPEs" that have a mnemonic here. */
export const RRType = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  SIG: 24,
  KEY: 25,
  PX: 26,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  DLV: 32769,
} as const;

export const RRClass = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

const typeNames = new Map<number, string>(Object.entries(RRType).map(([name, code]) => [code, name]));
const typeCodes = new Map<string, number>(Object.entries(RRType));
const classNames = new Map<number, string>(Object.entries(RRClass).map(([name, code]) => [code, name]));
const classCodes = new Map<string, number>(Object.entries(RRClass));

/** Mnemonic of a type, or `TYPE12345` (RFC 3597 §5). */
export function typeName(code: number): string {
  return typeNames.get(code) ?? `TYPE${code}`;
}

/** Code of a mnemonic or of `TYPE12345`, in any case. @throws DnsError TYPE_UNKNOWN */
export function typeCode(name: string): number {
  const code = findCode(name, typeCodes, 'TYPE');
  if (code === undefined) throw new DnsError('TYPE_UNKNOWN', `${JSON.stringify(name)} is no record type`);
  return code;
}

/** As `typeCode`, but undefined for what is no type: a zone file tells a type from a class or a TTL by trying. @internal */
export function findTypeCode(name: string): number | undefined {
  return findCode(name, typeCodes, 'TYPE');
}

/** Mnemonic of a class, or `CLASS12345` (RFC 3597 §5). */
export function className(code: number): string {
  return classNames.get(code) ?? `CLASS${code}`;
}

/** Code of a class mnemonic or of `CLASS12345`; undefined for what is no class. @internal */
export function findClassCode(name: string): number | undefined {
  return findCode(name, classCodes, 'CLASS');
}

function findCode(name: string, known: ReadonlyMap<string, number>, prefix: string): number | undefined {
  const upper = name.toUpperCase();
  const code = known.get(upper);
  if (code !== undefined) return code;
  if (!upper.startsWith(prefix)) return undefined;
  const digits = upper.slice(prefix.length);
  if (!/^\d{1,5}$/.test(digits)) return undefined;
  const value = Number(digits);
  return value <= 0xffff ? value : undefined;
}
