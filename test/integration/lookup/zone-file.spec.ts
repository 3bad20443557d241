import {
  decodeMessage,
  dnskey,
  encodeMessage,
  Name,
  queryFor,
  Rcode,
  RRType,
  textOf,
  type RR,
  type RRset,
} from '@callbook/dns';
import { exportZoneKey, generateZoneKey, signRRset } from '@callbook/dnssec';
import { freePort } from '@callbook/local';
import { spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { QuestionClient } from '../../peers/index.js';

const program = path.resolve(import.meta.dirname, '../../../apps/lookup/callbook-lookup.mjs');
/** Processes are started, on a machine that does much else. */
const patience = 60_000;
const dir = mkdtempSync(path.join(tmpdir(), 'callbook-zone-file-'));
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Started {
  readonly ended: Promise<number>;
  said(): string;
  signal(name: NodeJS.Signals): void;
}

function start(args: readonly string[], settings: Record<string, string>): Started {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CALLBOOK_|VITEST|NODE_)/.test(name)),
  );
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, CALLBOOK_WORKERS: '2', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  return {
    ended: new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1))),
    said: () => said,
    signal: (name) => child.kill(name),
  };
}

function file(name: string, text: string): string {
  const written = path.join(dir, name);
  writeFileSync(written, text);
  return written;
}

const apex = Name.parse('callbook.example.');
const zone = `$ORIGIN callbook.example.
$TTL 300
@ SOA ns1 hostmaster 7 3600 900 604800 60
@ NS ns1
ns1 A 192.0.2.1
*.wild TXT "made up"
`;

const asked = (name: string, type: number) =>
  encodeMessage(
    queryFor({ name: Name.parse(name), type, class: 1 }, 1, {
      edns: { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: true, options: [] },
    }),
  );

/** Asks until there is an answer: the process may be starting. */
async function answer(port: number, name: string, type: number) {
  const client = await QuestionClient.open({ patienceMs: 200, tries: 100 });
  try {
    return decodeMessage((await client.ask({ host: '127.0.0.1', port }, asked(name, type)))!);
  } finally {
    client.close();
  }
}

describe('a zone file', () => {
  it.each(['batched', 'portable'])(
    'is served with nothing else there (packets %s), until the process is told to stop',
    async (packets) => {
      const port = await freePort();
      const served = start(['--zone-file', file('plain.zone', zone)], {
        CALLBOOK_DNS_PORT: String(port),
        CALLBOOK_PACKETS: packets,
      });
      expect(await answer(port, 'ns1.callbook.example.', RRType.A)).toMatchObject({
        rcode: Rcode.NOERROR,
        authoritative: true,
      });
      expect((await answer(port, 'x.wild.callbook.example.', RRType.TXT)).answers).toHaveLength(1);
      expect((await answer(port, 'nobody.callbook.example.', RRType.A)).rcode).toBe(Rcode.NXDOMAIN);
      // It may answer before it has said that it runs.
      await expect.poll(served.said, { timeout: patience }).toContain('process.running');
      expect(served.said()).toContain(`"how":"${packets}"`);
      served.signal('SIGTERM');
      expect(await served.ended).toBe(0);
    },
    patience,
  );

  it(
    'that is signed without a chain is denied from with the key that it shows',
    async () => {
      const [ksk, denial] = [generateZoneKey(13, 257), generateZoneKey(13, 256)];
      const keys: RRset = { name: apex, type: RRType.DNSKEY, class: 1, ttl: 300, rdatas: [ksk.rdata, denial.rdata] };
      const now = Math.floor(Date.now() / 1_000);
      const signature: RR = signRRset(
        keys,
        { key: ksk, signer: apex },
        { inception: now - 60, expiration: now + 3_600 },
      );
      const soaSet: RRset = { ...keys, type: RRType.SOA, rdatas: [soaRdata] };
      const soaSignature = signRRset(
        soaSet,
        { key: ksk, signer: apex },
        { inception: now - 60, expiration: now + 3_600 },
      );
      const keyText = keys.rdatas.map((rdata) => `@ DNSKEY ${dnskey.writeText(dnskey.read(rdata))}\n`).join('');
      const text = `${zone}${keyText}${textOf(signature)}\n${textOf(soaSignature)}\n`;
      const pem = createPrivateKey({ key: Buffer.from(exportZoneKey(denial)), format: 'der', type: 'pkcs8' }).export({
        format: 'pem',
        type: 'pkcs8',
      });
      const port = await freePort();
      start(['--zone-file', file('signed.zone', text), '--denial-key', file('denial.pem', pem.toString())], {
        CALLBOOK_DNS_PORT: String(port),
      });
      const { authorities } = await answer(port, 'nobody.callbook.example.', RRType.A);
      expect(authorities.map(({ type }) => type)).toContain(RRType.NSEC);

      const other = createPrivateKey({
        key: Buffer.from(exportZoneKey(generateZoneKey(13, 256))),
        format: 'der',
        type: 'pkcs8',
      });
      const stranger = start(
        [
          '--zone-file',
          path.join(dir, 'signed.zone'),
          '--denial-key',
          file('other.pem', other.export({ format: 'pem', type: 'pkcs8' }).toString()),
        ],
        { CALLBOOK_DNS_PORT: String(await freePort()) },
      );
      expect(await stranger.ended).toBe(65);
      expect(stranger.said()).toContain('does not show this key');
    },
    patience,
  );
});

const soaRdata = (() => {
  const name = (text: string) => Buffer.from(Name.parse(text).wire);
  const numbers = Buffer.alloc(20);
  [7, 3_600, 900, 604_800, 60].forEach((value, at) => numbers.writeUInt32BE(value, at * 4));
  return new Uint8Array(Buffer.concat([name('ns1.callbook.example.'), name('hostmaster.callbook.example.'), numbers]));
})();

describe('what cannot be served', () => {
  it.each([
    ['a file that is not there', () => '/no/such/zone', 66, 'no such file'],
    ['a line that is no record', () => file('bad.zone', `${zone}ns1 A 192.0.2.256\n`), 65, 'line 7'],
    ['records without a SOA', () => file('soaless.zone', '$ORIGIN callbook.example.\n@ 60 NS ns1\n'), 65, 'SOA'],
  ])('%s ends the process with words that say so', async (_, zoneFile, status, words) => {
    const ended = start(['--zone-file', zoneFile()], { CALLBOOK_DNS_PORT: String(await freePort()) });
    expect(await ended.ended).toBe(status);
    expect(ended.said().toLowerCase()).toContain(words.toLowerCase());
  });

  it('a port that somebody else has ends the process', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const ended = start(['--zone-file', file('plain.zone', zone)], { CALLBOOK_DNS_PORT: String(port) });
    expect(await ended.ended).toBe(69);
    expect(ended.said()).toContain('EADDRINUSE');
    await new Promise((resolve) => other.close(resolve));
  });

  it.each([
    ['a setting that nobody knows', ['--zone-file', 'x'], { CALLBOOK_DNS_PROT: '53' }, 78, 'CALLBOOK_DNS_PROT'],
    ['arguments that nobody knows', ['--zone', 'x'], {}, 64, 'usage: callbook-lookup'],
    ['TLS without a certificate', ['--zone-file', 'x'], { CALLBOOK_DOT_PORT: '853' }, 78, 'CALLBOOK_TLS_DIRECTORY'],
  ])('%s ends the process', async (_, args, settings, status, words) => {
    const ended = start(args, { CALLBOOK_DNS_PORT: '53', ...(settings as Record<string, string>) });
    expect(await ended.ended).toBe(status);
    expect(ended.said()).toContain(words);
  });
});
