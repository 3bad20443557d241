import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeMessage, encodeMessage, Name, queryFor, Rcode, RRType } from '@callbook/dns';
import { Daemon, freePort, SetupError } from '@callbook/local';
import { ask, judge, unpackJudges } from '../judges.js';
import { bindConfiguration } from './bind.js';
import type { Configuration, Placed } from './configuration.js';
import { knotConfiguration } from './knot.js';
import { nsdConfiguration } from './nsd.js';
import { powerDnsConfiguration } from './powerdns.js';
import type { Peer, PeerName, PeerOptions } from './peer.js';
import { processTree } from './process-tree.js';
import { QuestionClient } from './question-client.js';

export { peerNames } from './peer.js';
export type { Peer, PeerName, PeerOptions, Primary, PrimaryZone, SecondaryZone, TransferKey } from './peer.js';
export { cpuSeconds, processTree, residentOctets } from './process-tree.js';
export { QuestionClient } from './question-client.js';
export { StreamClient } from './stream-client.js';

const configurations: Record<PeerName, (placed: Placed) => Configuration> = {
  nsd: nsdConfiguration,
  knot: (placed) => knotConfiguration(placed, false),
  'knot-onlinesign': (placed) => knotConfiguration(placed, true),
  bind: bindConfiguration,
  powerdns: (placed) => powerDnsConfiguration(placed, false),
  'powerdns-livesign': (placed) => powerDnsConfiguration(placed, true),
};

/**
 * Starts somebody else's server as a child, on a free port of 127.0.0.1, and waits until it answers for each of `zones` (secondaries
 * come when they come). Nothing of it is outside of `dir`.
 * @throws SetupError with the end of its log when it does not start, or does not take a zone
 */
export async function startPeer(name: PeerName, options: PeerOptions): Promise<Peer> {
  const { dir, zones = [], readyWithinMs = 60_000 } = options;
  const port = options.port ?? (await freePort());
  const { root } = await unpackJudges();
  const { program, files, args, before = [] } = configurations[name]({ ...options, port, root });
  mkdirSync(path.join(dir, 'state'), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(dir, file), text);
  for (const step of before) {
    const said = await ask(step.program, step.args, {
      timeoutMs: readyWithinMs,
      ...(step.input ? { input: step.input } : {}),
    });
    if (said.code !== 0) throw new SetupError('PROCESS_FAILED', `${step.program}: ${said.stdout}${said.stderr}`);
  }
  const { path: command, env } = await judge(program);
  const client = await QuestionClient.open({ patienceMs: 500, tries: 1 });
  const waiting = new Set(zones.length > 0 ? zones.map(({ apex }) => apex) : ['.']);
  const daemon = new Daemon({
    name,
    command,
    args,
    env: { ...env, LD_LIBRARY_PATH: env['LD_LIBRARY_PATH'] },
    cwd: dir,
    dir,
    ports: [{ port, purpose: name }],
    ready: async () => {
      const apexes = [...waiting];
      const answers = await client.askAll({ host: '127.0.0.1', port }, apexes.map(soaQuestion));
      for (const [index, apex] of apexes.entries())
        if (zones.length === 0 ? answers[index] : isServed(answers[index])) waiting.delete(apex);
      return waiting.size === 0;
    },
    readyWithinMs,
    stopSignal: 'SIGTERM',
  });
  try {
    await daemon.start();
  } catch (error) {
    if (error instanceof SetupError && waiting.size < zones.length)
      throw new SetupError(
        error.code,
        `${name} does not serve ${[...waiting].join(' ')}\n${error.message}`,
        error.hint,
      );
    throw error;
  } finally {
    client.close();
  }
  return {
    name,
    version: await versionOf(name),
    host: '127.0.0.1',
    port,
    pids: () => (daemon.pid === undefined ? [] : processTree(daemon.pid)),
    log: () => readFileSync(daemon.logFile, 'utf8'),
    stop: () => daemon.stop(),
  };
}

/** How each program says its version, and where in what it says. */
const versionsSaid: Record<PeerName, readonly ['nsd' | 'knotd' | 'named' | 'pdns_server', string, RegExp]> = {
  nsd: ['nsd', '-v', /NSD version (\S+)/],
  knot: ['knotd', '-V', /version (\S+)/],
  'knot-onlinesign': ['knotd', '-V', /version (\S+)/],
  bind: ['named', '-v', /BIND (\d[\d.]*)/],
  powerdns: ['pdns_server', '--version', /Server (\S+)/],
  'powerdns-livesign': ['pdns_server', '--version', /Server (\S+)/],
};

export async function versionOf(name: PeerName): Promise<string> {
  const [program, option, said] = versionsSaid[name];
  const { stdout, stderr } = await ask(program, [option]);
  return said.exec(stdout + stderr)?.[1] ?? 'unknown';
}

const soaQuestion = (apex: string) =>
  encodeMessage(queryFor({ name: Name.parse(apex), type: RRType.SOA, class: 1 }, 0));

function isServed(answer: Buffer | undefined): boolean {
  if (!answer) return false;
  const { rcode, authoritative, answers } = decodeMessage(answer);
  return rcode === Rcode.NOERROR && authoritative && answers.length > 0;
}
