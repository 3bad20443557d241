import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { baseSystem } from './debian-base.js';
import { unpackDebianPackages } from './debian-packages.js';

describe('the base system', () => {
  const stanza = (name: string, fields: string, state = 'install ok installed'): string =>
    `Package: ${name}\nStatus: ${state}\n${fields}`;
  const status = [
    stanza('bash', 'Essential: yes\nPriority: required\nDepends: base-files (>= 2.1.12), debianutils (>= 5.6-0.1)'),
    stanza('base-files', 'Essential: yes\nPre-Depends: awk'),
    stanza('debianutils', 'Priority: optional\nDepends: libc6 (>= 2.34)'),
    stanza('libc6', 'Priority: optional\nDescription: Library\n that many need'),
    stanza('mawk', 'Provides: awk\nPriority: optional'),
    stanza('gawk', 'Provides: awk\nPriority: optional', 'deinstall ok config-files'),
    stanza('kamailio', 'Priority: optional\nDepends: libc6'),
    stanza('apt', 'Priority: important'),
  ].join('\n\n');
  const names = (text: string): string[] =>
    [...text.matchAll(/^Package: (.*)$/gm)].map((match) => match[1] ?? '').sort();

  it('is what is essential or required, apt, and what those depend on', () => {
    expect(names(baseSystem(status))).toEqual(['apt', 'base-files', 'bash', 'debianutils', 'libc6', 'mawk']);
  });

  it('keeps stanzas whole and apart', () => {
    expect(baseSystem(status).split('\n\n')).toContainEqual(
      expect.stringMatching(/^Package: libc6\n[^]*Description: Library\n that many need\s*$/),
    );
  });
});

const onDebian = spawnSync('apt-get', ['--version']).status === 0;

describe.skipIf(!onDebian)('unpacking', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-debian-'));
  const { PATH, http_proxy } = process.env;
  afterEach(() => {
    process.env['PATH'] = PATH;
    if (http_proxy === undefined) delete process.env['http_proxy'];
    rmSync(dir, { recursive: true, force: true });
  });

  it('gives a running program with its libraries, once for two who ask together, at once for the next', async () => {
    const [first, second] = await Promise.all([
      unpackDebianPackages(['libxml2-utils'], { dir }),
      unpackDebianPackages(['libxml2-utils'], { dir }),
    ]);
    expect(second.root).toBe(first.root);
    const program = first.find('xmllint') ?? '';
    expect(execFileSync(program, ['--version'], { env: first.env, stdio: 'pipe' }).length).toBeGreaterThanOrEqual(0);
    expect(first.find('nats-server')).toBeUndefined();
    expect(readdirSync(dir)).toHaveLength(1);

    process.env['http_proxy'] = 'http://127.0.0.1:1'; // whatever would go out now would fail
    await unpackDebianPackages(['libxml2-utils'], { dir });
  });

  it.each([
    ['no network', 'NO_NETWORK', ['xmlto'], { http_proxy: 'http://127.0.0.1:1' }, {}],
    ['an unknown package', 'PACKAGE_UNKNOWN', ['no-such-package'], {}, {}],
    ['no apt', 'NOT_DEBIAN', ['xmlto'], { PATH: '/nowhere' }, {}],
    ['no room', 'NO_SPACE', ['xmlto'], {}, { space: Number.MAX_SAFE_INTEGER }],
  ])('says so when there is %s, and leaves nothing', async (_, code, packages, env, options) => {
    Object.assign(process.env, env);
    await expect(unpackDebianPackages(packages, { dir, ...options })).rejects.toMatchObject({ code });
    if (existsSync(dir)) expect(readdirSync(dir)).toEqual([]);
  });
});
