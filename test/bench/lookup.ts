import { certificateAuthority, serverCertificate } from '@callbook/keys';
import { decodeMessage, encodeMessage, queryFor, RRType } from '@callbook/dns';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { QuestionClient, type PeerName } from '../peers/index.js';
import { cpuPerQuery, type Case, type Rounds } from './lookup/measure.js';
import { writeQuestions } from './lookup/questions.js';
import { startEcho, startOther, startOurs, type BenchServer } from './lookup/servers.js';
import { ownerOf, writeZoneFiles } from './lookup/zone.js';
import { versionsText, writeTable } from './readme-table.js';
import { judge, print, type Row } from './table.js';

/**
 * What an answer costs, beside other people's servers with the same zone and beside sockets that answer nothing:
 * `npm run bench:lookup [-- --json] [-- --quick] [-- --write]`. `--write` puts the table into the README of lookup.
 */
const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const numbers = quick ? 10_000 : 100_000;
const rounds: Rounds = quick
  ? { rounds: 1, seconds: 0.8, warmUpSeconds: 1.5, peersWarmUpSeconds: 0, randomPerSecond: 60_000 }
  : { rounds: 5, seconds: 3, warmUpSeconds: 2, peersWarmUpSeconds: 2, randomPerSecond: 60_000 };

const authoritative: readonly PeerName[] = ['nsd', 'knot', 'bind', 'powerdns'];
const onLine: readonly PeerName[] = ['knot-onlinesign', 'powerdns-livesign'];

const udp = { mode: 'udp', dnssec: true } as const;
const overUdp: readonly (Case & { readonly target: number; readonly peers: readonly PeerName[] })[] = [
  { ...udp, name: 'hit DO=1', questions: 'hit', rcodes: ['NOERROR'], target: 0.8, peers: authoritative },
  { ...udp, name: 'hit DO=0', dnssec: false, questions: 'hit', rcodes: ['NOERROR'], target: 0.9, peers: authoritative },
  { ...udp, name: 'NODATA, repeated', questions: 'nodata', rcodes: ['NOERROR'], target: 0.9, peers: authoritative },
  {
    ...udp,
    name: 'NXDOMAIN, repeated',
    questions: 'repeated',
    rcodes: ['NXDOMAIN', 'NOERROR'],
    target: 0.9,
    peers: authoritative,
  },
];
/** Answers for each CPU second; more is better. */
const perCpuSecond: readonly (Case & { readonly target: number; readonly peers: readonly PeerName[] })[] = [
  { ...udp, name: 'NXDOMAIN, random', questions: 'random', rcodes: ['NXDOMAIN', 'NOERROR'], target: 2, peers: onLine },
  { ...udp, name: 'TCP', mode: 'tcp', questions: 'hit', rcodes: ['NOERROR'], target: 1, peers: authoritative },
  { ...udp, name: 'DoT', mode: 'dot', questions: 'hit', rcodes: ['NOERROR'], target: 1, peers: ['nsd', 'bind'] },
  { ...udp, name: 'DoH', mode: 'doh', questions: 'hit', rcodes: ['NOERROR'], target: 1, peers: ['bind'] },
];

const dir = mkdtempSync(path.join(tmpdir(), 'cb-bench-'));
const running: BenchServer[] = [];
const only = /--only=(.*)/.exec(process.argv.join('\n'))?.[1];
const wanted = ({ name }: Case) => only === undefined || name.includes(only);
const note = (line: string) => process.stderr.write(`${line}\n`);
try {
  const rows = await measured();
  print('lookup', rows, json);
  if (process.argv.includes('--write')) {
    const versions = Object.fromEntries(
      running.filter(({ name, version }) => version && name !== 'ours').map(({ name, version }) => [name, version]),
    );
    await writeTable(rows.map(judge), {
      bench: 'lookup',
      measured: `CPU time of the server for each answer, ${numbers.toLocaleString('en')} signed numbers, one worker each on a core of its own, medians of alternating rounds. Peers: ${versionsText(versions)}. Ours on Node ${process.versions.node}, with EDNS, cookies and rate limiting on.`,
      limit: 'bare echo',
    });
  }
} finally {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true });
}

async function measured(): Promise<Row[]> {
  const cases = [...overUdp, ...perCpuSecond].filter(wanted);
  note(`${numbers} numbers are signed`);
  const zone = await writeZoneFiles(dir, numbers);
  const questions = writeQuestions(dir, numbers);
  const started = async (server: Promise<BenchServer>) => {
    running.push(await server);
    return running.at(-1)!;
  };
  note('servers are started');
  const certificate = writeCertificate();
  const ours = await started(startOurs(dir, zone, certificate.directory));
  const peers = new Map<PeerName, BenchServer>();
  for (const name of new Set(cases.flatMap((each) => each.peers)))
    peers.set(name, await started(startOther(name, dir, zone, certificate)));
  const echo = await started(startEcho(dir, await answerOctets(ours), numbers));

  const rows: Row[] = [];
  for (const it of cases) {
    note(it.name);
    const others = it.peers.map((name) => peers.get(name)!);
    const isHit = it === overUdp[0];
    const costs = await cpuPerQuery(it, [ours, ...others, ...(isHit ? [echo] : [])], questions, rounds);
    note([...costs].map(([name, cost]) => `  ${name} ${cost.toPrecision(3)} µs`).join(','));
    const rate = perCpuSecond.includes(it);
    const value = (name: string) => (rate ? 1e6 / costs.get(name)! : costs.get(name)!);
    const common = {
      unit: rate ? 'answers per CPU s' : 'CPU µs',
      ours: value('ours'),
      targetIs: 'ratio',
      better: rate ? 'higher' : 'lower',
    } as const;
    rows.push({
      ...common,
      case: it.name,
      peers: Object.fromEntries(it.peers.map((name) => [name, value(name)])),
      target: it.target,
    });
    if (isHit)
      rows.push({ ...common, case: `${it.name}, to a bare echo`, peers: {}, limit: value('echo'), target: 1.25 });
  }
  return rows;
}

function writeCertificate() {
  const directory = path.join(dir, 'tls');
  mkdirSync(directory);
  const notBefore = new Date(Date.now() - 86_400_000);
  const authority = certificateAuthority({ commonName: 'Callbook benchmark', notBefore, days: 30 });
  const server = serverCertificate(authority, { addresses: ['127.0.0.1'], names: ['localhost'], notBefore, days: 30 });
  const files = {
    certificateFile: path.join(directory, 'server.pem'),
    keyFile: path.join(directory, 'server-key.pem'),
  };
  writeFileSync(files.certificateFile, server.certificate);
  writeFileSync(files.keyFile, server.privateKey, { mode: 0o600 });
  writeFileSync(path.join(directory, 'ca.pem'), authority.certificate);
  return { directory, ...files };
}

/** How long our answer to a hit is: as long are those of the echo. */
async function answerOctets(server: BenchServer): Promise<number> {
  const client = await QuestionClient.open();
  try {
    const edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: false, options: [] };
    const query = encodeMessage(queryFor({ name: ownerOf(0), type: RRType.NAPTR, class: 1 }, 1, { edns }));
    const answer = await client.ask({ host: '127.0.0.1', port: server.ports.udp! }, query);
    if (!answer || decodeMessage(answer).answers.length !== 2) throw new Error('ours does not answer as it should');
    return answer.length;
  } finally {
    client.close();
  }
}
