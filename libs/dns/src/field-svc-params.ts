import { DnsError } from './errors.js';
import { encode, octetsOfBase64 } from './field-octets.js';
import { octetsOf, quoted, textOf, unescaped } from './field-strings.js';
import { ipv4, ipv6 } from './field-addresses.js';
import type { Field } from './fields.js';
import { equalOctets } from './octets.js';
import { Reader } from './reader.js';
import type { Tokens } from './tokens.js';
import { Writer } from './writer.js';

/** One parameter of a service binding: key number and the octets of its value (RFC 9460 §2.2). */
export interface SvcParam {
  key: number;
  value: Uint8Array;
}

/** RFC 9460 §14.3.2, RFC 9461, RFC 9540. */
const keyNames = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath', 'ohttp'];

const bad = (what: string): DnsError => new DnsError('RDATA_MALFORMED', `service parameter ${what}`);

const keyName = (key: number): string => keyNames[key] ?? `key${key}`;

function keyOf(text: string): number {
  const known = keyNames.indexOf(text);
  if (known >= 0) return known;
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(text)?.[1];
  if (digits === undefined || Number(digits) > 65535) throw bad(`${JSON.stringify(text)} is no key`);
  return Number(digits);
}

/** Commas part the items of a list; one that belongs to an item has a backslash before it (RFC 9460 appendix A.1). */
function listOf(text: string): string[] {
  const items = [''];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === ',') items.push('');
    else {
      if (text[at] === '\\') at += 1;
      items[items.length - 1] += text[at] ?? '';
    }
  }
  return items;
}

/** Value of a parameter from its text, the escapes of the zone file resolved. */
function valueOf(key: number, text: string | undefined): Uint8Array {
  if (key === 2 || key === 8) {
    if (text !== undefined) throw bad(`${keyName(key)} takes no value`);
    return new Uint8Array(0);
  }
  if (text === undefined || text === '') {
    if (key <= 7) throw bad(`${keyName(key)} needs a value`);
    return new Uint8Array(0);
  }
  const to = new Writer();
  if (key === 0) {
    const keys = text.split(',').map(keyOf);
    if (keys.includes(0) || new Set(keys).size < keys.length) throw bad('mandatory names itself, or a key twice');
    for (const mandatory of keys.sort((a, b) => a - b)) to.u16(mandatory);
  } else if (key === 1) {
    for (const id of listOf(text)) {
      if (id.length < 1 || id.length > 255) throw bad('alpn has an empty or too long item');
      to.u8(id.length);
      to.bytes(octetsOf(id));
    }
  } else if (key === 3) {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw bad('port is no port');
    to.u16(Number(text));
  } else if (key === 4 || key === 6) {
    const family = key === 4 ? ipv4 : ipv6;
    for (const address of text.split(',')) family.write(to, address);
  } else {
    to.bytes(key === 5 ? octetsOfBase64(text) : octetsOf(text));
  }
  return to.finish();
}

/** Text of a value, before the escapes of the zone file. @throws DnsError RDATA_MALFORMED for one that its key does not allow */
function valueText({ key, value }: SvcParam): string | undefined {
  if (value.length === 0) return undefined;
  return key <= 6 ? structuredText(key, value) : textOf(value);
}

function structuredText(key: number, value: Uint8Array): string {
  if (key === 2) throw bad('no-default-alpn takes no value');
  if (key === 5) return encode(value, 'base64');
  const from = new Reader(value);
  const items: string[] = [];
  while (from.left > 0) {
    if (key === 0) items.push(keyName(from.u16()));
    else if (key === 1) items.push(textOf(from.take(from.u8())).replace(/[\\,]/g, '\\$&'));
    else if (key === 3) items.push(String(from.u16()));
    else items.push((key === 4 ? ipv4 : ipv6).read(from));
  }
  return items.join(',');
}

/** Lets through what its key allows: exactly what has a text that gives the same octets again. */
function checked(param: SvcParam): SvcParam {
  if (!equalOctets(valueOf(param.key, valueText(param)), param.value))
    throw bad(`${keyName(param.key)} has a malformed value`);
  return param;
}

function textOfParam(param: SvcParam): string {
  const text = valueText(param);
  return text === undefined ? keyName(param.key) : `${keyName(param.key)}=${quoted(text)}`;
}

/** The parameters to the end of the rdata, keys ascending, each once (RFC 9460 §2.2). */
export const svcParams: Field<readonly SvcParam[]> = {
  read: (from) => {
    const params: SvcParam[] = [];
    while (from.left > 0) {
      const key = from.u16();
      if (params.length > 0 && key <= params.at(-1)!.key) throw bad('keys do not ascend');
      params.push(checked({ key, value: from.take(from.u16()) }));
    }
    return params;
  },
  write: (to, params) => {
    const sorted = [...params].sort((a, b) => a.key - b.key);
    for (const [index, { key, value }] of sorted.entries()) {
      if (!Number.isInteger(key) || key < 0 || key > 65535 || value.length > 65535) throw bad('is out of range');
      if (index > 0 && sorted[index - 1]!.key === key) throw bad(`${keyName(key)} is there twice`);
      checked({ key, value });
      to.u16(key);
      to.u16(value.length);
      to.bytes(value);
    }
  },
  copy: (from, to) => to.bytes(from.take(from.left)),
  readText: (from: Tokens) => {
    const params = from.rest().map((field) => {
      const equals = field.indexOf('=');
      const key = keyOf(equals < 0 ? field : field.slice(0, equals));
      return { key, value: valueOf(key, equals < 0 ? undefined : unescaped(field.slice(equals + 1))) };
    });
    params.sort((a, b) => a.key - b.key);
    if (params.some((param, index) => index > 0 && params[index - 1]!.key === param.key)) throw bad('is there twice');
    return params;
  },
  writeText: (params) => params.map(textOfParam).join(' '),
};
