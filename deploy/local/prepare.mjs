/**
 * Brings a clone to where it can run: dependencies, generated database clients, compiled code. Plain JavaScript without dependencies,
 * because it runs before there are any. Shared by `npm start` and `npm test`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const localDir = path.resolve(process.env.CALLBOOK_LOCAL_DIR ?? path.join(root, '.local'));
const appsWithDatabase = ['identity', 'records', 'signer'];

/** A failed step. Its message is for the person at the terminal; there is no stack worth showing. */
export class PrepareError extends Error {}

/**
 * @param {(line: string) => void} report told once for each step, when it is done
 * @returns {Promise<void>}
 */
export async function prepare(report) {
  mkdirSync(localDir, { recursive: true });
  await alone(path.join(localDir, 'prepare.lock'), async () => {
    await installDependencies(report);
    await generateClients(report);
    await build(report);
  });
}

async function installDependencies(report) {
  if (dependenciesMatchLock()) return report('dependencies are in place');
  report('installing dependencies (npm ci), which takes most of a minute the first time');
  const done = stopwatch(report);
  // npm tells the scripts that it runs where it is itself; a shell that runs us directly finds it on the PATH.
  const [command, ...first] = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  await run(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci');
  done('dependencies installed (npm ci)');
}

/**
 * npm writes node_modules/.package-lock.json last, with what it installed. Comparing that with package-lock.json is exact where
 * times are not: a checkout, or an install of one more package, sets them in any order.
 */
function dependenciesMatchLock() {
  try {
    const { packages: wanted } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
    const { packages: installed } = JSON.parse(
      readFileSync(path.join(root, 'node_modules/.package-lock.json'), 'utf8'),
    );
    return Object.entries(wanted).every(
      ([name, { version, optional }]) =>
        name === '' || (name in installed ? installed[name].version === version : optional === true),
    );
  } catch {
    return false;
  }
}

/** Prisma insists on finding the engine that it would download for migrations; generating does not use it, so any program will do. */
const prismaEnv = {
  PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
};

async function generateClients(report) {
  const prisma = path.join(root, 'node_modules/prisma');
  const version = JSON.parse(readFileSync(path.join(prisma, 'package.json'), 'utf8')).version;
  const made = [];
  const done = stopwatch(report);
  for (const app of appsWithDatabase) {
    const folder = path.join(root, 'apps', app);
    const schema = path.join(folder, 'prisma/schema.prisma');
    if (!existsSync(schema)) continue;
    const generated = path.join(folder, 'src/generated');
    const hash = createHash('sha256').update(version).update(readFileSync(schema)).digest('hex');
    const stamp = path.join(generated, '.made-from'); // inside, so that it goes when the folder does
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) continue;
    rmSync(generated, { recursive: true, force: true });
    await run(
      process.execPath,
      [path.join(prisma, 'build/index.js'), 'generate', '--schema', 'prisma/schema.prisma'],
      `prisma generate for ${app}`,
      {
        cwd: folder,
        env: prismaEnv,
      },
    );
    writeFileSync(stamp, hash);
    made.push(app);
  }
  if (made.length > 0) done(`database clients generated for ${made.join(', ')}`);
  else report('database clients are up to date');
}

async function build(report) {
  const done = stopwatch(report);
  await run(path.join(root, 'node_modules/.bin/nx'), ['run-many', '-t', 'build', '--outputStyle=static'], 'the build', {
    env: { NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  done('built');
}

/** Runs a command silently; its output is shown only when it fails. */
function run(command, args, what, { cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.once('error', (error) => reject(new PrepareError(`${what} could not be run: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new PrepareError(`${what} failed:\n${output.trim().split('\n').slice(-40).join('\n')}${hintFor(output)}`),
        );
    });
  });
}

function hintFor(output) {
  if (/ENOSPC/.test(output)) return '\nThe disk is full: make room and start again.';
  if (/EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|network/.test(output)) {
    return '\nThe package registry cannot be reached: check the network (and the proxy, if there is one), then start again.';
  }
  return '';
}

/** @returns a function that reports a line with the seconds since now */
export function stopwatch(report) {
  const start = Date.now();
  return (line) => report(`${line} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}

/** Two at once in one clone would install over each other. A lock whose maker has died does not count. */
async function alone(lock, work) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(lock)) rmSync(lock, { force: true });
      else await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAbandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (!pid) return Date.now() - statSync(lock).mtimeMs > 5_000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
