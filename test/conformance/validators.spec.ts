// Longer than most with `npm run conformance`: three validators are asked for everything.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type Daemon } from '@callbook/local';
import { afterAll, describe, expect, it } from 'vitest';
import { delv, judgesAvailable, startUnbound } from '../judges.js';
import { dig } from './dig.js';
import { startKnotResolver } from './knot-resolver.js';
import { startLookup, type LookupProcess } from './lookup-process.js';
import { numberZone, type NumberZone } from './number-zone.js';
import { counted, firstSeed, isWhole, portion } from './portion.js';
import type { Question } from './tree.js';

const kinds = [
  { variant: 'compact', title: 'denials signed on line (RFC 9824)' },
  { variant: 'nsec', title: 'a chain of NSEC' },
  { variant: 'nsec3', title: 'a chain of NSEC3' },
] as const;

describe.skipIf(!(await judgesAvailable())).each(kinds)('a zone of numbers with $title', ({ variant }) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-validators-'));
  const running: { stop(): Promise<void> }[] = [];
  let prepared: Promise<{ zone: NumberZone; lookup: LookupProcess; absent: readonly Question[] }> | undefined;
  const longest = isWhole ? 900_000 : 120_000;
  let validated = 0;

  afterAll(async () => {
    await Promise.all(running.map((each) => each.stop()));
    rmSync(dir, { recursive: true, force: true });
    counted(`(b) validators, ${variant}`, { 'answers validated': validated });
  });

  const ready = () =>
    (prepared ??= (async () => {
      mkdirSync(path.join(dir, 'zone'));
      const zone = await numberZone({ dir: path.join(dir, 'zone'), variant, count: portion(3, 40), seed: firstSeed });
      const lookup = await startLookup({
        dir: path.join(dir, 'lookup'),
        zoneFile: zone.file,
        ...(zone.denialKey ? { denialKey: zone.denialKey } : {}),
      });
      running.push(lookup);
      return { zone, lookup, absent: isWhole ? zone.absent : zone.absent.filter((_, at) => at % 8 === 0) };
    })());

  it(
    'delv validates all that is there, and that the rest is not',
    async () => {
      const { zone, lookup, absent } = await ready();
      const check = async (question: Question, verdict: string) => {
        const said = await delv(lookup, zone.anchor, question, dir);
        expect([question.name, question.type, said.verdict]).toEqual([question.name, question.type, verdict]);
        validated += 1;
      };
      for (const question of zone.present) await check(question, 'fully validated');
      for (const question of absent) await check(question, 'negative response, fully validated');
    },
    longest,
  );

  it.each([
    [
      'unbound that concludes from denials (RFC 8198)',
      async (zone: NumberZone, server: LookupProcess, port: number): Promise<Daemon> =>
        startUnbound({
          dir: path.join(dir, 'unbound'),
          port,
          anchor: zone.anchor,
          servers: [server],
          extra: ['aggressive-nsec: yes'],
        }),
    ],
    [
      'Knot Resolver',
      async (zone: NumberZone, server: LookupProcess, port: number): Promise<Daemon> =>
        startKnotResolver({ dir: path.join(dir, 'kresd'), port, anchor: zone.anchor, server }),
    ],
  ])(
    '%s validates, and having learned first what is not there, finds all that is',
    async (_, start) => {
      const { zone, lookup, absent } = await ready();
      const port = await freePort();
      running.push(await start(zone, lookup, port));
      const resolver = { host: '127.0.0.1', port };
      const asked = [...absent, ...zone.present];
      const replies = await dig(resolver, asked);
      for (const [index, { name, type }] of asked.entries()) {
        const { status, flags, answers } = replies[index]!;
        const isThere = index >= absent.length;
        expect([name, type, flags.includes('ad'), answers.length > 0]).toEqual([name, type, true, isThere]);
        expect(isThere ? ['NOERROR'] : ['NOERROR', 'NXDOMAIN'], `${name} ${type}`).toContain(status);
        validated += 1;
      }
    },
    longest,
  );
});
