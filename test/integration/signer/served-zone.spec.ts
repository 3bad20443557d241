import { rdataText, readRRs, RRType, writeZoneFile } from '@callbook/dns';
import { dsOf, exportZoneKey } from '@callbook/dnssec';
import { freePort, type Daemon } from '@callbook/local';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, judgesAvailable, startUnbound, type Address, type Anchor } from '../../judges.js';
import { startPeer, type Peer } from '../../peers/index.js';
import { connectAs, startSignerServers, type SignerServers } from './servers.js';
import { apex, binding, World } from './signer-world.js';

const root = path.resolve(import.meta.dirname, '../../..');

/**
 * From the operator's file to a validating resolver: signed here, served by look-up, with a delegation to a zone that BIND signed and NSD
 * serves.
 */
describe.skipIf(!(await judgesAvailable()))("the operator's records, as unbound sees them", () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-served-'));
  let servers: SignerServers;
  let world: World;
  let lookup: ChildProcess;
  let child: Peer;
  let unbound: Daemon;
  let server: Address;
  let resolver: Address;

  beforeAll(async () => {
    const [branch, wrong, plain] = await Promise.all(['branch', 'wrong', 'plain'].map((name) => childZone(name, dir)));
    child = await startPeer('nsd', {
      dir: path.join(dir, 'nsd'),
      zones: [
        { apex: 'branch.callbook.example.', file: branch!.signed, signed: true },
        { apex: 'wrong.callbook.example.', file: wrong!.signed, signed: true },
        { apex: 'plain.callbook.example.', file: plain!.unsigned },
      ],
    });
    const staticRecords = path.join(dir, 'static.zone');
    writeFileSync(staticRecords, operators(branch!.ds));
    servers = await startSignerServers();
    world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
    const signer = await world.startWhole({ staticRecords });
    await signer.sign([binding(100)]);
    const { keys } = signer.signing.parts;
    await signer.close();

    const replica = await world.replica();
    const rest = replica.content.flatMap((rr) => readRRs(Buffer.from(rr, 'latin1')));
    const zoneFile = path.join(dir, 'zone');
    writeFileSync(zoneFile, writeZoneFile([replica.soa, ...rest.filter(({ type }) => type !== RRType.SOA)]));
    const denialKey = path.join(dir, 'denial.pem');
    const pem = Buffer.from(exportZoneKey(keys.denial[0]!.key)).toString('base64');
    writeFileSync(denialKey, `-----BEGIN PRIVATE KEY-----\n${pem}\n-----END PRIVATE KEY-----\n`);
    server = { host: '127.0.0.1', port: await freePort() };
    lookup = await startLookup(server, zoneFile, denialKey);

    const anchor: Anchor = { zone: 'callbook.example.', ds: rdataText(RRType.DS, dsOf(apex, keys.ksk.rdata)) };
    resolver = { host: '127.0.0.1', port: await freePort() };
    unbound = await startUnbound({
      dir: path.join(dir, 'unbound'),
      port: resolver.port,
      anchor,
      servers: [server],
      sections: ['branch', 'wrong', 'plain']
        .map((name) => `stub-zone:\n  name: "${name}.callbook.example."\n  stub-addr: ${child.host}@${child.port}\n`)
        .join(''),
    });
  }, 120_000);
  afterAll(async () => {
    await unbound?.stop();
    await child?.stop();
    if (lookup) {
      const ended = once(lookup, 'exit');
      lookup.kill('SIGTERM');
      await ended;
    }
    await Promise.all([world?.nats.close(), world?.observer.close()]);
    await servers?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const dig = async (at: Address, ...question: string[]) =>
    (
      await ask('dig', [
        `@${at.host}`,
        '-p',
        String(at.port),
        '+dnssec',
        '+noall',
        '+answer',
        '+authority',
        '+comments',
        ...question,
      ])
    ).stdout;

  it.each([
    ['an address', 'www.callbook.example A', /www\.callbook\.example\.\s+\d+\s+IN\s+A\s+192\.0\.2\.80/],
    ['a TXT at the apex', 'callbook.example TXT', /"v=spf1 -all"/],
    ['an alias and its target', 'alias.callbook.example A', /CNAME\s+www\.callbook\.example\.[^]*A\s+192\.0\.2\.80/],
    [
      'a name that a wildcard answers for',
      'any.shop.callbook.example A',
      /any\.shop\.callbook\.example\.\s+\d+\s+IN\s+A\s+192\.0\.2\.81/,
    ],
    [
      'a name below a DNAME',
      'a.b.old.callbook.example A',
      /DNAME\s+new\.callbook\.example\.[^]*a\.b\.new\.callbook\.example\.\s+\d+\s+IN\s+A\s+192\.0\.2\.82/,
    ],
    ['a record in the zone that is delegated to with DS', 'host.branch.callbook.example TXT', /"in the branch"/],
    ['a registered number beside them', '0.0.1.0.0.9.0.0.7.7.4.4.e164.callbook.example NAPTR', /number100v1/],
  ])('%s is secure', async (_, question, found) => {
    const said = await dig(resolver, ...question.split(' '));
    expect(said).toMatch(/flags:[^;]* ad[ ;]/);
    expect(said).toMatch(found);
  });

  it.each([
    ['a name that is not there', 'nothing.callbook.example A'],
    ['another type of a name', 'www.callbook.example TXT'],
    ['another type at a wildcard', 'any.shop.callbook.example TXT'],
    ['a name that is not there in the zone that is delegated to', 'nothing.branch.callbook.example A'],
    ['the DS of a delegation without', 'plain.callbook.example DS'],
  ])('the denial of %s is secure', async (_, question) => {
    const said = await dig(resolver, ...question.split(' '));
    expect(said).toMatch(/flags:[^;]* ad[ ;]/);
    expect(said).toMatch(/ANSWER: 0/);
  });

  it('a delegation is a referral: NS and glue without signatures, DS with one, nothing authoritative', async () => {
    const said = await dig(server, 'host.branch.callbook.example', 'TXT', '+norecurse', '+additional');
    expect(said).not.toMatch(/flags:[^;]* aa[ ;]/);
    expect(said).toMatch(/branch\.callbook\.example\.\s+\d+\s+IN\s+NS\s+ns\.branch/);
    expect(said).toMatch(/RRSIG\s+DS 13 3/);
    expect(said).not.toMatch(/RRSIG\s+(NS|A) 13/);
    expect(said).toMatch(/ns\.branch\.callbook\.example\.\s+\d+\s+IN\s+A\s+127\.0\.0\.1/);
  });

  it('a delegation with the DS of another key is bogus, and one without DS is insecure', async () => {
    const [bogus, unchecked, insecure] = [
      await dig(resolver, 'host.wrong.callbook.example', 'TXT'),
      await dig(resolver, 'host.wrong.callbook.example', 'TXT', '+cd'),
      await dig(resolver, 'host.plain.callbook.example', 'TXT'),
    ];
    expect(bogus).toMatch(/SERVFAIL/);
    expect(unchecked).toMatch(/"in the wrong"/);
    expect(insecure).toMatch(/"in the plain"/);
    expect(insecure).not.toMatch(/flags:[^;]* ad[ ;]/);
  });
});

const operators = (ds: string) => `
@         TXT   "v=spf1 -all"
www       A     192.0.2.80
alias     CNAME www
*.shop    A     192.0.2.81
old       DNAME new
a.b.new   A     192.0.2.82
branch    NS    ns.branch
ns.branch A     127.0.0.1
branch    DS    ${ds}
wrong     NS    ns.branch
wrong     DS    1 13 2 ${'00'.repeat(32)}
plain     NS    ns.branch
`;

/** A small zone, as it is and signed by BIND with keys of its own; and its DS. */
async function childZone(name: string, dir: string): Promise<{ unsigned: string; signed: string; ds: string }> {
  const zone = `${name}.callbook.example.`;
  const folder = path.join(dir, name);
  mkdirSync(folder, { recursive: true });
  const unsigned = path.join(folder, 'plain');
  const text = `@ SOA ns hostmaster 1 3600 600 604800 60\n@ NS ns\nns A 127.0.0.1\nhost TXT "in the ${name}"\n`;
  writeFileSync(unsigned, `$ORIGIN ${zone}\n$TTL 300\n${text}`);
  for (const flags of [['-f', 'KSK'], []])
    expect(await ask('dnssec-keygen', ['-K', folder, '-a', '13', ...flags, zone])).toMatchObject({ code: 0 });
  const signed = path.join(folder, 'signed');
  const args = ['-S', '-K', folder, '-d', folder, '-o', zone, '-f', signed, unsigned];
  expect(await ask('dnssec-signzone', args, { cwd: folder })).toMatchObject({ code: 0 });
  const ds = /\sDS\s+(.*)/.exec(readFileSync(path.join(folder, `dsset-${zone}`), 'utf8'))![1]!;
  return { unsigned, signed, ds };
}

async function startLookup({ port }: Address, zoneFile: string, denialKey: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['apps/lookup/dist/main.js', ...['--zone-file', zoneFile, '--denial-key', denialKey]],
    {
      cwd: root,
      env: { PATH: process.env['PATH'], CALLBOOK_DNS_PORT: String(port), CALLBOOK_RATE_LIMIT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  let ended = false;
  child.once('exit', () => (ended = true));
  const soa = ['@127.0.0.1', '-p', String(port), '+time=1', '+tries=1', '+short', 'callbook.example', 'SOA'];
  while (!(await ask('dig', soa)).stdout.includes('hostmaster')) {
    if (ended) throw new Error(`look-up ended: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return child;
}
