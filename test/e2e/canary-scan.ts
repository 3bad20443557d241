import { nodeOf, parseE164 } from '@callbook/enum';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suffix } from './dns-packets.js';

/** Octets that must not be where they are looked for, and what they would say. */
export interface Needle {
  readonly says: string;
  readonly octets: Buffer;
}

/** Labels of a number's name that tell it from every other number in a test: the rest is alike. */
const tellingLabels = 7;

/** A telephone number in every spelling that we could think of. */
export function spellingsOfNumber(number: string): Needle[] {
  const digits = number.slice(1);
  const node = nodeOf(parseE164(number), suffix);
  const reversed = [...digits].reverse();
  const integer = (write: (octets: Buffer) => void) => {
    const octets = Buffer.alloc(8);
    write(octets);
    return octets;
  };
  return [
    ...spellingsOfText(`${number}: digits`, digits),
    ...spellingsOfText(`${number}: with a plus sign`, number),
    ...spellingsOfText(`${number}: as people write it`, `+44 ${digits.slice(2, 6)} ${digits.slice(6)}`),
    ...spellingsOfText(`${number}: name`, reversed.slice(0, tellingLabels).join('.')),
    ...spellingsOfText(`${number}: digits backwards`, reversed.join('')),
    ...spellingsOfOctets(`${number}: labels`, Buffer.from(node.wire.subarray(0, 2 * tellingLabels))),
    { says: `${number}: integer`, octets: integer((octets) => octets.writeBigInt64BE(BigInt(digits))) },
    {
      says: `${number}: integer, least octet first`,
      octets: integer((octets) => octets.writeBigInt64LE(BigInt(digits))),
    },
  ];
}

/**
 * An IPv4 address. Its four octets as such are not looked for, nor their base64: so little is found anywhere by chance.
 */
export function spellingsOfAddress(address: string): Needle[] {
  const octets = address.split('.').map(Number);
  return [
    ...spellingsOfText(`${address}`, address),
    ...spellingsOfText(`${address}: backwards`, [...octets].reverse().join('.')),
    ...spellingsOfText(`${address}: list`, octets.join(',')),
    { says: `${address}: hex with colons`, octets: Buffer.from(octets.map((octet) => octet.toString(16)).join(':')) },
  ];
}

/** Text as it is, escaped for JSON and for URLs, and its octets. */
export function spellingsOfText(says: string, text: string): Needle[] {
  const escaped = (escape: (character: string) => string) => text.replace(/[^\w.-]/g, escape);
  const others = [
    JSON.stringify(text).slice(1, -1),
    escaped((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
    escaped((character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`),
    encodeURIComponent(text),
    encodeURIComponent(text).toLowerCase(),
  ].filter((other) => other !== text);
  return [
    ...spellingsOfOctets(says, Buffer.from(text)),
    ...[...new Set(others)].map((other) => ({ says: `${says}, escaped`, octets: Buffer.from(other) })),
  ];
}

/** Octets as they are, in JSON, in hexadecimal and as base64 of any three alignments. */
export function spellingsOfOctets(says: string, octets: Buffer): Needle[] {
  const hex = octets.toString('hex');
  const json = JSON.stringify(octets.toString('latin1')).slice(1, -1);
  const texts = new Set([
    hex,
    hex.toUpperCase(),
    hex.match(/../g)!.join(' '),
    hex.match(/../g)!.join(':'),
    [...octets].join(','),
    [...octets].join(', '),
    ...base64s(octets),
    ...base64s(octets).map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    ...(json === octets.toString('latin1') ? [] : [json]),
  ]);
  return [{ says, octets }, ...[...texts].map((text) => ({ says: `${says}, as ${text}`, octets: Buffer.from(text) }))];
}

/** The characters of base64 that hold nothing but these octets, wherever in a longer text they begin. */
const base64s = (octets: Buffer): string[] =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), octets]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + octets.length) * 8) / 6));
  });

/** Where which needle is: one line each. */
export const findIn = (where: string, haystack: Buffer | string, needles: readonly Needle[]): string[] => {
  const octets = typeof haystack === 'string' ? Buffer.from(haystack) : haystack;
  return needles.filter((needle) => octets.includes(needle.octets)).map(({ says }) => `${where} holds ${says}`);
};

/** Looks into every file of a folder, and at its name. */
export const findInFiles = (folder: string, needles: readonly Needle[]): string[] =>
  filesOf(folder).flatMap((file) => {
    const where = path.relative(folder, file);
    const octets = ifThere(() => readFileSync(file));
    return [...findIn(`the name ${where}`, where, needles), ...(octets ? findIn(where, octets, needles) : [])];
  });

export const filesOf = (folder: string): string[] =>
  (ifThere(() => readdirSync(folder)) ?? []).flatMap((name) => {
    const file = path.join(folder, name);
    const stats = ifThere(() => lstatSync(file));
    if (stats?.isDirectory()) return filesOf(file);
    return stats?.isFile() ? [file] : [];
  });

/** Servers that run delete files while we look. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
