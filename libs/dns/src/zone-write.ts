import type { Name } from './name.js';
import { rdataText } from './rdata-text.js';
import type { RR } from './rr.js';
import { className, typeName } from './type-codes.js';

/** One record as a line of a zone file, all names absolute, without a line end. */
export function textOf(rr: RR): string {
  return lineOf(rr, rr.name.toString());
}

/**
 * A zone file that `readZoneFile` reads back as the same records in the same order.
 * @param origin goes into `$ORIGIN`, and owners below it are written relative to it.
 */
export function writeZoneFile(rrs: Iterable<RR>, origin?: Name): string {
  const lines = origin ? [`$ORIGIN ${origin}`] : [];
  for (const rr of rrs) lines.push(lineOf(rr, origin ? relativeText(rr.name, origin) : rr.name.toString()));
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf(rr: RR, owner: string): string {
  return `${owner} ${rr.ttl} ${className(rr.class)} ${typeName(rr.type)} ${rdataText(rr.type, rr.rdata)}`;
}

/** The origin is cut off only where its spelling is the same too: reading gives it back with the spelling of `$ORIGIN`. */
function relativeText(name: Name, origin: Name): string {
  const text = name.toString();
  if (origin.wire.length === 1 || !name.isWithin(origin)) return text;
  const suffix = origin.toString();
  if (!text.endsWith(suffix)) return text;
  return text === suffix ? '@' : text.slice(0, -suffix.length - 1);
}
