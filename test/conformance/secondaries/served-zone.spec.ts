import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readZoneFile, RRType, soa, textOf, tsigKeyOf, type RR } from '@callbook/dns';
import { freePort } from '@callbook/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber, sip, startWorld, type Person, type World } from '../../harness/world.js';
import { ask, judgesAvailable, type Address } from '../../judges.js';
import { apex } from '../tree.js';
import { Follower } from './follower.js';

const dir = mkdtempSync(path.join(tmpdir(), 'served-zone-'));
const base64 = (text: string) => Buffer.from(text).toString('base64');
const keys = {
  short: `short.secondary.example.=hmac-sha256:${base64('a secret of thirty-two octets...')}`,
  long: `long.secondary.example.=hmac-sha512:${base64('a secret that is as long as the hash that it goes into: 64 octets')}`,
};
/** As dig and kdig want to have it. */
const option = (key: string) => key.replace(/^(\S+?)=(\S+?):/, '$2:$1:');

/** It may have the zone with a key only. */
const elsewhere = '127.0.0.2';

describe.skipIf(!(await judgesAvailable()))('the zone of a running Callbook', () => {
  let world: World;
  let server: Address;
  let alice: Person;
  let notified: number;

  beforeAll(async () => {
    notified = await freePort();
    world = await startWorld({
      settings: {
        lookup: {
          CALLBOOK_TRANSFER_KEYS: Object.values(keys).join(','),
          CALLBOOK_NOTIFY: `127.0.0.1:${notified}/short.secondary.example`,
        },
      },
    });
    server = world.callbook.addresses.dns[0]!;
    alice = await world.person();
    await alice.register(reservedNumber(100), sip('sip:alice@example.net'));
  }, 90_000);
  afterAll(async () => {
    await world?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const transfer = (program: 'dig' | 'kdig', type: string, options: readonly string[] = [], from = elsewhere) =>
    ask(program, ['-b', from, `@${server.host}`, '-p', String(server.port), ...options, apex, type]);
  const plain = async () => recordsIn((await transfer('dig', 'AXFR', [], '127.0.0.1')).stdout);

  /** What was seen of the zone, and the zone, which stayed the same meanwhile: what was published last may still be on its way. */
  async function meanwhile<T>(look: () => Promise<T>): Promise<{ zone: RR[]; seen: T }> {
    for (;;) {
      const zone = await plain();
      const seen = await look();
      if (serialOf(await plain()) === serialOf(zone)) return { zone, seen };
    }
  }

  describe.each(['dig', 'kdig'] as const)('with TSIG, to %s', (program) => {
    it.each(Object.entries(keys))('is transferred to whoever has the key, from anywhere (%s)', async (_, key) => {
      const { zone, seen } = await meanwhile(() => transfer(program, 'AXFR', ['-y', option(key)]));
      expect(seen.stdout + seen.stderr).not.toMatch(/WARNING|validate|failed|TSIG error/i);
      expect(texts(recordsIn(seen.stdout))).toEqual(texts(zone));
    });

    it.each([
      [
        'with another secret',
        option(keys.short).replace(/:[^:]+$/, `:${base64('another secret of the same key')}`),
        'BADSIG',
      ],
      ['with a key that is not known', option(keys.short).replace(':short.', ':unknown.'), 'BADKEY'],
      ['with another algorithm', option(keys.short).replace('hmac-sha256', 'hmac-sha512'), 'BADKEY'],
    ])('is refused %s', async (_, key, code) => {
      for (const type of ['AXFR', 'SOA']) {
        const { stdout, stderr } = await transfer(program, type, ['-y', key]);
        expect(recordsIn(stdout)).toEqual([]);
        expect(stdout + stderr).toContain(code);
      }
    });

    it.each([
      ['UDP', ['+norecurse']],
      ['TCP', ['+norecurse', '+tcp']],
    ])('says its SOA, signed, over %s', async (_, options) => {
      const { stdout, stderr } = await transfer(program, 'SOA', [...options, '-y', option(keys.long)]);
      expect(stdout + stderr).not.toMatch(/WARNING|validate|failed/i);
      expect(stdout).toMatch(/status: NOERROR/);
      expect(stdout).toMatch(/TSIG\s+hmac-sha512\. \d+ 300 64 .+ \d+ NOERROR 0/);
    });
  });

  it('is transferred over TLS as over TCP, to those who may', async () => {
    const over = ['-p', String(world.callbook.addresses.dot[0]!.port), '+tls'];
    const { zone, seen } = await meanwhile(() => transfer('kdig', 'AXFR', [...over, '-y', option(keys.short)]));
    expect(texts(recordsIn(seen.stdout))).toEqual(texts(zone));
    expect((await transfer('kdig', 'AXFR', over)).stderr).toContain('REFUSED');
  });

  it('is told as changes to those who have an earlier one, and as one SOA to those who have this one', async () => {
    const before = await plain();
    await alice.register(reservedNumber(101), sip('sip:alice@example.net'));
    await alice.register(reservedNumber(100), sip('sip:alice@example.org'));
    while (serialOf(await plain()) === serialOf(before)) await pause(50);
    for (const program of ['dig', 'kdig'] as const) {
      const since = async (zone: readonly RR[]) =>
        readPrinted((await transfer(program, `IXFR=${serialOf(zone)}`, ['-y', option(keys.short)])).stdout);
      const { zone, seen } = await meanwhile(() => since(before));
      expect(seen[1]!.type).toBe(RRType.SOA);
      expect(applied(before, seen)).toEqual(texts(zone));
      const again = await meanwhile(async () => since(await plain()));
      expect(again.seen).toHaveLength(1);
    }
    const udp = await transfer('dig', `IXFR=${serialOf(before)}`, ['+notcp', '-y', option(keys.short)]);
    expect(udp.stdout).toMatch(new RegExp(`^${apex.replaceAll('.', '\\.')}\\s.*\\sSOA\\s`, 'm'));
  }, 60_000);

  it('reaches a secondary that is told of each change', async () => {
    const place = path.join(dir, 'nsd');
    mkdirSync(place);
    const secondary = await Follower.start('nsd', {
      dir: place,
      port: notified,
      source: server,
      key: tsigKeyOf(keys.short),
    });
    try {
      await secondary.reaches(serialOf(await plain()));
      await alice.register(reservedNumber(102), sip('sip:alice@example.net'));
      const { zone, seen } = await meanwhile(async () => {
        await secondary.reaches(serialOf(await plain()));
        return secondary.records();
      });
      expect(texts(seen)).toEqual(texts(zone));
    } finally {
      await secondary.stop();
    }
  }, 90_000);
});

/** All records in what dig or kdig printed, in its order. */
const readPrinted = (printed: string): RR[] => readZoneFile(printed.replace(/^;.*$|^.*\sTSIG\s.*$/gm, ''), { ttl: 0 });

/** The same of a whole zone, its SOA once. */
function recordsIn(printed: string): RR[] {
  const records = readPrinted(printed);
  return records.length > 1 && records.at(-1)!.type === RRType.SOA ? records.slice(0, -1) : records;
}

const texts = (records: readonly RR[]) => records.map(textOf).sort();

const serialOf = ([first]: readonly RR[]): number => soa.read(first!.rdata).serial;

/** What a copy becomes by difference sequences (RFC 1995 §4). */
function applied(copy: readonly RR[], changes: readonly RR[]): string[] {
  const records = new Set(copy.map(textOf));
  let adding = true;
  for (const record of changes.slice(1, -1)) {
    if (record.type === RRType.SOA) adding = !adding;
    if (adding) records.add(textOf(record));
    else records.delete(textOf(record));
  }
  return [...records].sort();
}
