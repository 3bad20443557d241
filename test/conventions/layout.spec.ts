import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importCycles, importersOf, importsOf, projectFiles, read, root, sources } from './source-files.js';

const apps = readdirSync(path.join(root, 'apps'));
const libs = readdirSync(path.join(root, 'libs'));
const pure = ['dns', 'dnssec', 'enum', 'keys'];

describe('the layout', () => {
  it('has at the top what the architecture names, and files of tools', () => {
    const folders = new Set(
      projectFiles.filter((file) => file.includes('/') && !file.startsWith('.')).map((file) => file.split('/')[0]),
    );
    expect([...folders].sort()).toEqual(['apps', 'deploy', 'helm', 'libs', 'test']);
    const files = projectFiles.filter((file) => !file.includes('/') && !file.startsWith('.')).sort();
    expect(files).toEqual([
      'README.md',
      'eslint.config.mjs',
      'nx.json',
      'package-lock.json',
      'package.json',
      'tsconfig.base.json',
      'tsconfig.json',
      'vitest.config.ts',
    ]);
  });

  it('has no library for whatever did not fit elsewhere', () => {
    for (const folder of projectFiles.flatMap((file) => file.split('/').slice(0, -1)))
      expect(folder).not.toMatch(/^(common|shared|core|utils?|helpers?|misc)$/);
  });

  it('imports in no circle', () => {
    expect(importCycles()).toEqual([]);
  });

  it('has a README for every app and library', () => {
    for (const folder of [...apps.map((app) => `apps/${app}`), ...libs.map((lib) => `libs/${lib}`), 'deploy/local'])
      expect(projectFiles, folder).toContain(`${folder}/README.md`);
  });
});

describe('what may import what', () => {
  it.each([
    ['dns-packet', (specifier: string) => specifier === 'dns-packet', /^libs\/dns\//],
    [
      'Prisma',
      (specifier: string) => /^@prisma\/|\/generated\//.test(specifier),
      /^apps\/\w+\/(src\/.*-store\.ts|prisma\.config\.ts)$|^deploy\/local\//,
    ],
    ['BullMQ', (specifier: string) => specifier === 'bullmq', /^apps\/identity\//],
    ['the Vonage SDK', (specifier: string) => specifier.startsWith('@vonage/'), /^apps\/identity\//],
    ['Nest', (specifier: string) => specifier.startsWith('@nestjs/'), /^(libs\/process|apps\/gateway)\//],
    ['pino', (specifier: string) => specifier === 'pino', /^libs\/process\//],
  ])('%s', (_, matches, allowed) => {
    const importers = importersOf(matches);
    expect(importers).not.toEqual([]);
    expect(importers.filter((file) => !allowed.test(file))).toEqual([]);
  });

  it('pure libraries import pure libraries, and nothing that talks to a server', () => {
    for (const file of sources.filter((each) => pure.some((lib) => each.startsWith(`libs/${lib}/`)))) {
      for (const { specifier } of importsOf(file)) {
        expect(specifier, file).not.toMatch(
          /^(@nestjs|@nats-io|@prisma|bullmq|ioredis|pg|node:(dgram|http|https|fs|tls|child_process))/,
        );
        const lib = /^@callbook\/(\w+)/.exec(specifier)?.[1];
        if (lib) expect(pure, file).toContain(lib);
      }
    }
  });

  it('a library names what it exports, and nobody inside it goes through its front door', () => {
    for (const lib of libs) {
      expect(read(`libs/${lib}/src/index.ts`)).not.toMatch(/export \*/);
      for (const file of sources.filter((each) => each.startsWith(`libs/${lib}/`))) {
        for (const each of importsOf(file)) expect(each.file, file).not.toBe(`libs/${lib}/src/index.ts`);
      }
    }
  });

  it('the path of a query in look-up knows no log, no database and no event stream', () => {
    const path = sources.filter(
      (file) =>
        /^apps\/lookup\/src\/((answer|engine|limits|streams|transfer|zone)\/|answering\.ts$)/.test(file) &&
        file !== 'apps/lookup/src/transfer/settings.ts',
    );
    for (const folder of ['answer', 'engine', 'limits', 'streams', 'transfer', 'zone'])
      expect(path.filter((file) => file.startsWith(`apps/lookup/src/${folder}/`)).length, folder).toBeGreaterThan(1);
    for (const file of path) {
      for (const { specifier } of importsOf(file))
        expect(specifier, file).not.toMatch(/@callbook\/process|pino|@nats-io|prisma|node:fs|console/);
      expect(read(file), file).not.toMatch(/console\.|process\.std/);
    }
  });

  it('only configuration reads the environment', () => {
    const readers = sources.filter((file) => /process\.env\b/.test(read(file)) && !file.startsWith('deploy/'));
    expect(
      readers.filter(
        (file) =>
          !/^libs\/process\/src\/process-life\.ts$|^apps\/cli\/src\/profile\.ts$|prisma\.config\.ts$|^apps\/identity\/src\/quiet\.ts$/.test(
            file,
          ),
      ),
    ).toEqual([]);
  });
});

describe('a test', () => {
  it('is never skipped, left for later, or run alone, but where there are no Debian packages', () => {
    const elsewhere = /describe\.skipIf\(!(\(await judgesAvailable\(\)\)|onDebian)\)/g;
    const marks = /\b(it|test|describe)\.(skip|skipIf|runIf|only|todo|fails)\b/;
    const specs = projectFiles.filter(
      (file) => file.endsWith('.spec.ts') && file !== 'test/conventions/layout.spec.ts',
    );
    expect(specs.filter((file) => marks.test(read(file).replaceAll(elsewhere, '')))).toEqual([]);
  });
});
