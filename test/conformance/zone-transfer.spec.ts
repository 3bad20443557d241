import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Name, readZoneFile, rrsetsOf, RRType, textOf, writeZoneFile, type RR } from '@callbook/dns';
import { validate } from '@callbook/dnssec';
import { dnsExchange } from '@callbook/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sip, startWorld, type World } from '../harness/world.js';
import { ask, judgesAvailable, type Address } from '../judges.js';
import { dig } from './dig.js';
import { apex, nodeAt, registered, suffix } from './tree.js';

/** Seconds. */
const day = 86_400;

describe.skipIf(!(await judgesAvailable()))('the zone as a whole, transferred', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-transfer-'));
  let world: World;
  let server: Address;
  /** As `dig` wrote it down. */
  let transferred: RR[];

  beforeAll(async () => {
    world = await startWorld();
    server = world.callbook.addresses.dns[0]!;
    const alice = await world.person();
    for (const number of registered) await alice.register(number, sip('sip:alice@example.net'));
    transferred = recordsIn((await transfer('dig', apex)).stdout);
  });
  afterAll(async () => {
    await world?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const transfer = (program: 'dig' | 'kdig', zone: string, from = '127.0.0.1', type = 'AXFR') =>
    ask(program, ['-b', from, `@${server.host}`, '-p', String(server.port), zone, type]);

  function fileOf(name: string, records: readonly RR[]): string {
    const file = path.join(dir, name);
    writeFileSync(file, writeZoneFile(records));
    return file;
  }

  const owners = () => [...new Set(transferred.map(({ name }) => plain(name)))].sort();

  /** The zone, and beside each name the denial record with which lookup answers there: all that a judge of whole zones can be shown. */
  async function withDenials(): Promise<RR[]> {
    const replies = await dig(
      server,
      owners().map((name) => ({ name: `${name}.`, type: 'NSEC' })),
    );
    return [...transferred, ...replies.flatMap(({ answers }) => recordsIn(`${answers.join('\n')}\n`))];
  }

  describe('for an address that may', () => {
    it('holds the apex, the name server, and each registered number with its keys, and no other name', () => {
      const nodes = registered.map(nodeAt);
      expect(owners()).toEqual(
        [apex, `ns1.${apex}`, ...nodes, ...nodes.map((node) => `_smimecert.${node}`)]
          .map((each) => each.slice(0, -1))
          .sort(),
      );
    });

    it('is the same to dig and to kdig', async () => {
      expect(texts(recordsIn((await transfer('kdig', apex)).stdout))).toEqual(texts(transferred));
    });

    it('is, set for set and signature for signature, what a validating client sees of it', async () => {
      const now = Math.floor(Date.now() / 1_000);
      const seen = await Promise.all(
        rrsetsOf(transferred.filter(({ type }) => type !== RRType.RRSIG)).map(async ({ name, type }) => {
          const verdict = await validate(
            { name, type, class: 1 },
            { exchange: dnsExchange(server), anchors: world.anchors, now },
          );
          if (verdict.status !== 'secure' || verdict.kind !== 'answer') throw new Error(`${name} is ${verdict.status}`);
          const { rdatas, ...set } = verdict.rrset!;
          return [...rdatas.map((rdata) => ({ ...set, rdata })), ...verdict.signatures];
        }),
      );
      expect(texts(seen.flat())).toEqual(texts(transferred));
      for (const number of registered) expect(await world.lookup(number)).toMatchObject({ status: 'secure' });
    });
  });

  it.each(['AXFR', 'IXFR=1'])('is refused to others (%s)', async (type) => {
    for (const program of ['dig', 'kdig'] as const)
      expect(recordsIn((await transfer(program, apex, '127.0.0.2', type)).stdout)).toEqual([]);
    expect((await transfer('kdig', apex, '127.0.0.2', type)).stderr).toContain("server replied with error 'REFUSED'");
  });

  it.each(['example.', suffix, nodeAt(registered[0])])('is not there under another name: %s', async (zone) => {
    const { stdout, stderr } = await transfer('kdig', zone);
    expect(recordsIn(stdout)).toEqual([]);
    expect(stderr).toContain("server replied with error 'NOTAUTH'");
  });

  describe('judged by', () => {
    it('named-checkzone, is a zone to load, and without its name server’s address it is not', async () => {
      const check = (file: string) => ask('named-checkzone', ['-i', 'local', apex, file]);
      expect(await check(fileOf('whole', transferred))).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/\nOK\n$/) as unknown,
      });
      const said = await check(
        fileOf(
          'without-glue',
          transferred.filter(({ type }) => type !== RRType.A),
        ),
      );
      expect(said).toMatchObject({ code: 1, stdout: expect.stringContaining('has no address records') as unknown });
    });

    it('kzonecheck, has no fault but that its denials are not in it, and without its name server’s address one more', async () => {
      const check = (file: string, dnssec: 'on' | 'off') => ask('kzonecheck', ['-d', dnssec, '-o', apex, file]);
      const whole = fileOf('whole', transferred);
      expect(await check(whole, 'off')).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await check(whole, 'on')).toMatchObject({
        code: 1,
        stdout: `[${apex}] missing NSEC(3) record \n\nError summary:\n   1\tmissing NSEC(3) record\n`,
      });
      const without = fileOf(
        'without-glue',
        transferred.filter(({ type }) => type !== RRType.A),
      );
      expect((await check(without, 'off')).stdout).toContain('missing glue record');
    });

    describe('ldns-verify-zone', () => {
      const complaints = async (records: readonly RR[], options: readonly string[] = []) => {
        const { stdout, stderr } = await ask('ldns-verify-zone', ['-V', '2', ...options, fileOf('ldns', records)]);
        return faultsIn(stdout + stderr, /^There were errors in the zone$/);
      };
      const unchained = () =>
        owners()
          .map((name) => `Error: there is no NSEC(3) for ${name}.`)
          .sort();

      it.each([
        ['now', []],
        ['in six days, should nothing be signed until then', ['-t', `+${6 * day}`]],
        ['with a week to go before any signature ends', ['-e', 'P7D']],
      ])('%s, has no fault but that no NSEC record is at its names', async (_, options) => {
        expect(await complaints(transferred, options)).toEqual(unchained());
      });

      it('in twenty-two days, and an hour and a half ago, not one signature is valid', async () => {
        const sets = rrsetsOf(transferred.filter(({ type }) => type !== RRType.RRSIG));
        for (const [time, fault] of [
          [`+${22 * day}`, 'has expired'],
          ['-5400', 'not incepted yet'],
        ] as const)
          expect((await complaints(transferred, ['-t', time])).filter((each) => each.includes(fault))).toHaveLength(
            sets.length,
          );
      });

      it('with the denials that lookup makes, has no fault but that they do not form a chain', async () => {
        expect(await complaints(await withDenials())).toEqual(
          owners()
            .map((name) => `Error: the NSEC record for ${name}. points to the wrong next owner name`)
            .sort(),
        );
      });

      it('has one more fault when a bit of a signature, or of what is signed, is another', async () => {
        const node = nodeAt(registered[1]);
        for (const type of [RRType.RRSIG, RRType.NAPTR])
          expect(await complaints(damaged(transferred, node, type))).toEqual(
            [...unchained(), `Error: Bogus DNSSEC signature for ${node}\tNAPTR`].sort(),
          );
      });

      it('has one more fault when a signature is gone', async () => {
        const node = nodeAt(registered[1]);
        expect(await complaints(transferred.filter((record) => !isAt(record, node, RRType.RRSIG)))).toEqual(
          [...unchained(), `Error: no signatures for ${node}\tNAPTR`].sort(),
        );
      });
    });

    describe('dnssec-verify', () => {
      const complaints = async (records: readonly RR[]) => {
        const { stdout, stderr } = await ask('dnssec-verify', ['-o', apex, fileOf('bind', records)]);
        return faultsIn(
          stdout + stderr,
          /^(Loading zone|Verifying the zone|- ECDSAP256SHA256$|DNSSEC completeness test failed)/,
        );
      };

      it('cannot be judged without NSEC records at all', async () => {
        expect(await complaints(transferred)).toEqual(['No valid NSEC/NSEC3 chain for testing']);
      });

      it('with the denials that lookup makes, has no fault but that each ends before the next name begins', async () => {
        const faults = await complaints(await withDenials());
        expect(faults.map((fault) => fault.replace(/expected:[^,]*/, 'expected:…')).sort()).toEqual(
          owners()
            .map((name) => `Bad NSEC record for ${name}, next name mismatch (expected:…, found:\\000.${name})`)
            .sort(),
        );
      });

      it('has one more fault when a bit of a signature, or of what is signed, is another', async () => {
        const [node, whole] = [nodeAt(registered[1]), await withDenials()];
        for (const type of [RRType.RRSIG, RRType.NAPTR])
          expect(await complaints(damaged(whole, node, type))).toContain(
            `No correct ECDSAP256SHA256 signature for ${node.slice(0, -1)} NAPTR`,
          );
      });
    });
  });
});

/** The records in what dig or kdig printed; a transfer's SOA record once. */
function recordsIn(printed: string): RR[] {
  const records = readZoneFile(printed.replace(/^;.*$/gm, ''), { ttl: 0 });
  const last = records.at(-1);
  return records.length > 1 && last?.type === RRType.SOA ? records.slice(0, -1) : records;
}

/** Each record in presentation form, in one order. */
const texts = (records: readonly RR[]) => records.map(textOf).sort();

const plain = (name: Name) => name.toString().slice(0, -1);

const isAt = ({ name, type }: RR, node: string, wanted: number) => type === wanted && name.equals(Name.parse(node));

/** The lowest bit of one octet in the data of the record is turned over: the fifth from the end, within an address or a signature. */
function damaged(records: readonly RR[], node: string, type: number): RR[] {
  return records.map((record) => {
    if (!isAt(record, node, type)) return record;
    const rdata = Uint8Array.from(record.rdata);
    rdata[rdata.length - 5]! ^= 1;
    return { ...record, rdata };
  });
}

/** What a judge complains of, line by line in one order, without the lines that only accompany complaints. */
const faultsIn = (said: string, accompanying: RegExp) =>
  said
    .split('\n')
    .filter((line) => line.trim() !== '' && !accompanying.test(line))
    .sort();
