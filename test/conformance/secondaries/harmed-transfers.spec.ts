import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { soa, tsigKeyOf, type RR } from '@callbook/dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../../../apps/lookup/src/transfer/changing-zone.fixture.js';
import { chanceOf } from '../../faults/seed.js';
import { judgesAvailable } from '../../judges.js';
import type { PeerName } from '../../peers/index.js';
import { counted, firstSeed, portion } from '../portion.js';
import { Follower } from './follower.js';
import {
  bitTurned,
  cutAfter,
  cutBeforeEnd,
  firstLate,
  secondDropped,
  unsigned,
  withoutLast,
  type Harm,
} from './harms.js';
import { Primary } from './primary.js';
import { StreamMiddleman } from './stream-middleman.js';

const chance = chanceOf(firstSeed);
const dir = mkdtempSync(path.join(tmpdir(), 'harmed-'));
const peers: readonly PeerName[] = ['nsd', 'knot', 'bind'];
const keyOf = (name: string) =>
  tsigKeyOf(`${name}.secondary.example=hmac-sha256:${Buffer.from(`secret of ${name}`).toString('base64')}`);

/** How many of each kind. */
const trials = portion(2, 40);
const several = (make: () => Harm): Harm[] => Array.from({ length: trials }, make);

/** The least that the answers of this test have, so that whatever is cut is missing. */
const least = { AXFR: 20_000, IXFR: 500 };

function harmsOf(form: 'AXFR' | 'IXFR'): [string, Harm][] {
  const named = (name: string, harms: readonly Harm[]) =>
    harms.map((harm): [string, Harm] => [`${form} ${name}`, harm]);
  return [
    ...named(
      'cut',
      several(() => cutAfter(chance.between(0, least[form]))),
    ),
    ...named('cut in its last message', [cutBeforeEnd(1), ...several(() => cutBeforeEnd(chance.between(1, 400)))]),
    ...named(
      'with a bit turned',
      several(() => bitTurned(chance.fraction(), chance.between(0, 8))),
    ),
    ...named('unsigned', [unsigned('all'), unsigned('last')]),
    ...(form === 'AXFR' ? named('in disorder', [withoutLast, secondDropped, firstLate]) : []),
  ];
}

describe.skipIf(!(await judgesAvailable()))(`a transfer that was harmed (CALLBOOK_SEED=${firstSeed})`, () => {
  let primary: Primary;
  const followers: { follower: Follower; middleman: StreamMiddleman }[] = [];

  beforeAll(async () => {
    primary = await Primary.start({
      ...{ serial: 1, between: (from, to) => chance.between(from, to) },
      keys: [...peers, 'stranger'].map(keyOf),
    });
    while (octetsOf(primary.zone.records()) < 1.5 * least.AXFR) primary.change();
    for (const peer of peers) {
      const place = path.join(dir, peer);
      mkdirSync(place);
      const middleman = await StreamMiddleman.start(primary.address);
      const follower = await Follower.start(peer, { dir: place, source: middleman.address, key: keyOf(peer) });
      followers.push({ follower, middleman });
    }
    primary.notify(followers.map(({ follower }) => follower.secondary));
  }, 120_000);
  afterAll(async () => {
    for (const { follower, middleman } of followers) {
      await follower.stop();
      middleman.stop();
    }
    await primary?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is taken by nobody: each serves one version, whole, until one comes unharmed', async () => {
    const before = primary.zone.serial;
    const versions = new Map([[before, texts(primary.zone.records())]]);
    for (const { follower } of followers) await follower.reaches(before);
    // Once the history is gone there is no IXFR any more for those who were left behind.
    for (const [name, harm] of [...chance.shuffled(harmsOf('IXFR')), ...chance.shuffled(harmsOf('AXFR'))]) {
      for (const { middleman } of followers) middleman.harm(harm);
      primary.change();
      if (name.startsWith('AXFR')) primary.history.clear();
      const newest = primary.zone.serial;
      versions.set(newest, texts(primary.zone.records()));
      await Promise.all(
        followers.map(async ({ follower, middleman }) => {
          const who = `${follower.peer.name}: ${name}`;
          await until(
            () => middleman.harmed > 0,
            () => `${who}\n${follower.peer.log().slice(-2_000)}`,
          );
          const records = await follower.records();
          const { serial } = soa.read(records[0]!.rdata);
          expect([who, texts(records)]).toEqual([who, versions.get(serial)]);
          // BIND takes up each change of an IXFR that came whole and signed, though not all of them came.
          const isStep = follower.peer.name === 'bind' && serial > before && serial < newest;
          expect([who, isStep ? before : serial]).toEqual([who, before]);
        }),
      );
    }
    for (const peer of peers)
      expect(primary.transferred).toEqual(
        expect.arrayContaining([`${peer}.secondary.example. IXFR`, `${peer}.secondary.example. AXFR`]),
      );

    counted('harmed transfers', { 'ways of harm': versions.size - 1, secondaries: followers.length });

    for (const { middleman } of followers) middleman.harm(undefined);
    primary.change();
    for (const { follower } of followers) {
      await follower.reaches(primary.zone.serial);
      expect(texts(await follower.records())).toEqual(texts(primary.zone.records()));
    }
  }, 900_000);

  it.each(peers)('is not given to one with another secret: %s', async (peer) => {
    const place = path.join(dir, `stranger-${peer}`);
    mkdirSync(place);
    const key = { ...keyOf('stranger'), secret: Uint8Array.of(1, 2, 3) };
    const before = primary.unproved;
    const stranger = await Follower.start(peer, { dir: place, source: primary.address, key, notified: false });
    try {
      await until(
        () => primary.unproved > before,
        () => stranger.peer.log().slice(-2_000),
      );
      expect(await stranger.serial()).toBeUndefined();
    } finally {
      await stranger.stop();
    }
  });
});

/** What the records of a transfer have at the least, however names are compressed. */
const octetsOf = (records: readonly RR[]) => records.reduce((sum, { rdata }) => sum + 12 + rdata.length, 0);

async function until(isSo: () => boolean, otherwise: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; !isSo(); await pause(10)) if (Date.now() > end) throw new Error(otherwise());
}
