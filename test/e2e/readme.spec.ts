import { freePort } from '@callbook/local';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../judges.js';

const root = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
/** Every command that the README tells to type. */
const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block]) => block!.trim().split('\n'));
const standing = 'npm start';
/** Begins what this test is a part of. */
const thisRun = 'npm test';

const portNames = {
  API: '14443',
  SANDBOX: '14480',
  DNS: '14053',
  DOT: '14853',
  DOH: '14453',
  POSTGRES: '15432',
  REDIS: '16379',
  NATS: '14222',
  HEALTH: '14100',
};

/** A clone's `.local` of its own, on ports of its own, with the Debian packages that were unpacked already. */
interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Readonly<Record<string, string>>;
  /** A command of the README as it is typed here. */
  here(command: string): string;
}

async function place(): Promise<Place> {
  const folder = mkdtempSync(path.join(tmpdir(), 'callbook-readme-'));
  mkdirSync(path.join(root, '.local/debian'), { recursive: true });
  symlinkSync(path.join(root, '.local/debian'), path.join(folder, 'debian'));
  const ports: Record<string, string> = {};
  for (const name of Object.keys(portNames)) ports[name] = String(await freePort());
  const { env: judgeEnv, path: dig } = await judge('dig');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CALLBOOK_LOCAL_DIR: folder,
    CALLBOOK_PROFILE: path.join(folder, 'dev/profile.json'),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`CALLBOOK_LOCAL_PORT_${name}`, port])),
  };
  const here = (command: string) =>
    Object.entries(portNames)
      .reduce((text, [name, port]) => text.replaceAll(port, ports[name]!), command)
      .replace('.local/', `${folder}/`)
      .replace(/^dig /, `LD_LIBRARY_PATH=${judgeEnv['LD_LIBRARY_PATH'] ?? ''} ${dig} `);
  return { folder, env, ports, here };
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run({ env, here }: Place, command: string): Promise<Ran> {
  const child = spawn('bash', ['-c', here(command)], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return finished(child);
}

function finished(child: ChildProcess): Promise<Ran> {
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', (data: Buffer) => (output.stdout += data.toString()));
  child.stderr!.on('data', (data: Buffer) => (output.stderr += data.toString()));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...output })));
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** What each command must show; a command that is not here must only succeed. */
const shows: Readonly<Record<string, RegExp>> = {
  'npx callbook register': /\+447700900124 is yours: served everywhere since zone serial \d+/,
  'npx callbook lookup': /validated with DNSSEC\n {2}E2U\+sip {2}sip:you@example\.net\n.*key/,
  'npx callbook show': /statement 1 of .*\n {2}E2U\+sip {2}sip:you@example\.net/,
  dig: /flags: qr aa.*NAPTR.*"!\^\.\*\$!sip:alice@example\.net!".*RRSIG/s,
  curl: /"newVerification":/,
};

describe('npm start', () => {
  let here: Place;
  let standingProcess: ChildProcess;
  let ended: Promise<Ran>;
  let printed = '';

  beforeAll(async () => {
    here = await place();
    standingProcess = spawn('npm', ['start'], {
      cwd: root,
      env: here.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    ended = finished(standingProcess);
    await new Promise<void>((resolve, reject) => {
      standingProcess.stdout!.on('data', (data: Buffer) => {
        printed += data.toString();
        if (printed.includes('Ctrl-C')) resolve();
      });
      standingProcess.once('close', () => reject(new Error(`npm start ended:\n${printed}`)));
    });
  }, 120_000);

  afterAll(async () => {
    process.kill(-standingProcess.pid!, 'SIGINT');
    await ended;
    rmSync(here.folder, { recursive: true, force: true });
    for (const [name, port] of Object.entries(here.ports))
      expect(await answers(Number(port)), `${name} still listens`).toBe(false);
  });

  it('shows the main job, each step held, with its milliseconds', () => {
    const steps = printed.match(/^.*[✓✗] .*$/gm) ?? [];
    expect(steps.length).toBeGreaterThanOrEqual(9);
    for (const step of steps) expect(step).toMatch(/✓ .+ \(\d+ ms\): .+/);
    expect(printed).toMatch(/secure: NAPTR sip:alice@example\.net; SMIMEA/);
  });

  it('says the seconds of every step of the set-up', () => {
    for (const done of ['built', 'PostgreSQL, Redis and NATS are up', 'databases migrated', 'are ready'])
      expect(printed).toMatch(new RegExp(`${done} \\(\\d+\\.\\d s\\)`));
  });

  it.each(commands.filter((command) => !command.startsWith('npm')))(
    '%s',
    async (command) => {
      const { status, stdout, stderr } = await run(here, command);
      expect(status, stderr + stdout).toBe(0);
      const expected = Object.entries(shows).find(([start]) => command.startsWith(start))?.[1];
      if (expected) expect(stdout).toMatch(expected);
    },
    180_000,
  );

  it('prints three commands that work as they stand', async () => {
    const tries = printed.match(/^ {2}(dig|curl|npx) .*$/gm) ?? [];
    expect(tries).toHaveLength(3);
    for (const command of tries) expect((await run(here, command.trim())).status, command).toBe(0);
  }, 180_000);

  it('refuses a second start in the same place, names who is in the way, and leaves the first alone', async () => {
    const { status, stderr, stdout } = await run(here, 'npm start -- --demo');
    expect(status).not.toBe(0);
    expect(stderr + stdout).toMatch(/did not start|in use|taken|runs already/i);
    expect((await run(here, 'npx callbook lookup +447700900124')).status).toBe(0);
  }, 180_000);
});

describe('npm start -- --demo --json', () => {
  it('prints one object, ends with 0, and a second time finds its data and keys', async () => {
    const here = await place();
    try {
      const serials: number[] = [];
      for (const time of ['first', 'second']) {
        const { status, stdout } = await run(here, 'npm start --silent -- --demo --json');
        expect(status, time).toBe(0);
        const result = JSON.parse(stdout) as {
          ok: boolean;
          steps: { name: string; ms: number; ok: boolean; seen: string }[];
        };
        expect(result.ok).toBe(true);
        for (const step of result.steps)
          expect(step).toMatchObject({ name: expect.any(String), ms: expect.any(Number), ok: true });
        serials.push(
          Number(/statement (\d+)/.exec(result.steps.find(({ name }) => name.startsWith('publish'))!.seen)![1]),
        );
      }
      expect(serials).toEqual([1, 2]);
    } finally {
      rmSync(here.folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describe('the README', () => {
  it('has no command that is not run here, but the one that runs this', () => {
    const known = [standing, thisRun, 'npm start -- --demo --json'];
    expect(commands.filter((command) => command.startsWith('npm') && !known.includes(command))).toEqual([]);
    expect(commands.length).toBeGreaterThanOrEqual(8);
  });
});
