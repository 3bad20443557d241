import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tsigKeyOf, type TsigKey } from '@callbook/dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../../../apps/lookup/src/transfer/changing-zone.fixture.js';
import { chanceOf } from '../../faults/seed.js';
import { judgesAvailable } from '../../judges.js';
import type { PeerName } from '../../peers/index.js';
import { Primary, primaryName } from './primary.js';
import { counted, firstSeed } from '../portion.js';
import { Follower } from './follower.js';

const chance = chanceOf(firstSeed);
const dir = mkdtempSync(path.join(tmpdir(), 'secondaries-'));

/** A secondary and how it comes by its zone; each has a key of its own. */
const kinds: readonly { peer: PeerName; name: string; over: 'tcp' | 'tls'; algorithm: TsigKey['algorithm'] }[] = [
  { peer: 'nsd', name: 'nsd', over: 'tcp', algorithm: 'hmac-sha256' },
  { peer: 'knot', name: 'knot', over: 'tcp', algorithm: 'hmac-sha512' },
  { peer: 'bind', name: 'bind', over: 'tcp', algorithm: 'hmac-sha256' },
  { peer: 'bind', name: 'bind-tls', over: 'tls', algorithm: 'hmac-sha512' },
  { peer: 'nsd', name: 'nsd-tls', over: 'tls', algorithm: 'hmac-sha256' },
];
const keyOf = ({ name, algorithm }: (typeof kinds)[number]) =>
  tsigKeyOf(`${name}.secondary.example=${algorithm}:${Buffer.from(`secret of ${name}`).toString('base64')}`);

describe.skipIf(!(await judgesAvailable()))(`other people's secondaries (CALLBOOK_SEED=${firstSeed})`, () => {
  let primary: Primary;
  const followers: Follower[] = [];

  beforeAll(async () => {
    // D19: the serials begin anew while they follow.
    primary = await Primary.start({
      serial: 4_294_967_290,
      between: (from, to) => chance.between(from, to),
      keys: kinds.map(keyOf),
    });
    const caFile = path.join(dir, 'authority.pem');
    writeFileSync(caFile, primary.authority);
    for (const kind of kinds) {
      const place = path.join(dir, kind.name);
      mkdirSync(place, { recursive: true });
      const source =
        kind.over === 'tls' ? { ...primary.tlsAddress, tls: { name: primaryName, caFile } } : primary.address;
      followers.push(await Follower.start(kind.peer, { dir: place, source, key: keyOf(kind) }));
    }
    primary.notify(followers.map(({ secondary }) => secondary));
  }, 120_000);
  afterAll(async () => {
    for (const follower of followers) await follower.stop();
    await primary?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const equal = async () => {
    for (const follower of followers) {
      await follower.reaches(primary.zone.serial);
      expect([follower.peer.name, texts(await follower.records())]).toEqual([
        follower.peer.name,
        texts(primary.zone.records()),
      ]);
    }
  };

  it('have the same zone after each of 200 changes, or after a few of them', async () => {
    await equal();
    let left = 200;
    while (left > 0) {
      for (let burst = Math.min(left, chance.between(1, 16)); burst > 0; burst -= 1) {
        primary.change();
        left -= 1;
        await new Promise((resolve) => setTimeout(resolve, chance.between(0, 30)));
      }
      await equal();
    }
    expect(primary.zone.serial).toBe(194);
    for (const kind of kinds) {
      const own = primary.transferred.filter((each) => each.startsWith(`${kind.name}.secondary.example. `));
      const count = (what: string) => own.filter((each) => each.endsWith(` ${what}`)).length;
      counted(`secondary ${kind.name}`, { changes: 200, AXFR: count('AXFR'), IXFR: count('IXFR') });
      expect(count('AXFR')).toBeGreaterThan(0);
      expect(count('IXFR')).toBeGreaterThan(5);
      expect(count('refused')).toBe(0);
    }
  }, 240_000);
});
