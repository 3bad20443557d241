import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { apex, ownerOf } from './zone.js';

/** Questions of each kind, one a line, as dnsperf reads them. */
export interface Questions {
  readonly hit: string;
  /** A few thousand names that have another type, and as many that do not exist: what clients ask again. */
  readonly nodata: string;
  readonly repeated: string;
  /** Names that nobody has asked before; another file each time. */
  random(count: number): string;
}

const repeatedNames = 2_000;

export function writeQuestions(dir: string, numbers: number): Questions {
  const file = (name: string, lines: readonly string[]) => {
    const written = path.join(dir, `${name}.questions`);
    writeFileSync(written, lines.map((line) => `${line}\n`).join(''));
    return written;
  };
  const shuffled = Array.from({ length: numbers }, (_, n) => n);
  for (let n = shuffled.length - 1; n > 0; n -= 1) {
    const other = randomInt(n + 1);
    [shuffled[n], shuffled[other]] = [shuffled[other]!, shuffled[n]!];
  }
  const owners = shuffled.map((n) => ownerOf(n).toString());
  let made = 0;
  return {
    hit: file(
      'hit',
      owners.map((owner) => `${owner} NAPTR`),
    ),
    nodata: file(
      'nodata',
      owners.slice(0, repeatedNames).map((owner) => `${owner} SMIMEA`),
    ),
    // Numbers that nobody has registered lie beside those that somebody has.
    repeated: file(
      'repeated',
      Array.from({ length: repeatedNames }, (_, n) => `${n % 10}.${owners[n % owners.length]} NAPTR`),
    ),
    random: (count) =>
      file(
        'random',
        Array.from({ length: count }, () => `n${(made += 1)}x${randomInt(2 ** 32).toString(36)}.e164.${apex} NAPTR`),
      ),
  };
}
