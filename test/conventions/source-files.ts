import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const root = path.resolve(import.meta.dirname, '../..');
export const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** Every file of the project that git knows, or would: neither generated nor fetched. */
export const projectFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));

const isTest = (file: string) => /\.(spec|fixture)\.ts$|\/testdata\//.test(file);

/** TypeScript that runs in production. */
export const sources = projectFiles.filter((file) => /^(apps|libs|deploy)\/.*\.ts$/.test(file) && !isTest(file));

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The file of the project that it means. */
  readonly file: string | undefined;
}

/** What a file imports, types included. */
export function importsOf(file: string): readonly Import[] {
  const { importedFiles } = ts.preProcessFile(read(file), true, true);
  return importedFiles.map(({ fileName: specifier }) => ({ specifier, file: resolved(file, specifier) }));
}

function resolved(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return path.join(path.dirname(from), specifier).replace(/\.js$/, '.ts');
  const workspace = /^@callbook\/(\w+)$/.exec(specifier)?.[1];
  return workspace && existsSync(path.join(root, 'libs', workspace)) ? `libs/${workspace}/src/index.ts` : undefined;
}

export const importersOf = (matches: (specifier: string) => boolean): string[] =>
  sources.filter((file) => importsOf(file).some(({ specifier }) => matches(specifier)));

/** Cycles of imports, each once, as the files on it. Imports of types only count too: they tie a reader's understanding just the same. */
export function importCycles(): string[][] {
  const graph = new Map(sources.map((file) => [file, importsOf(file).flatMap((each) => each.file ?? [])]));
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) return void cycles.push([...trail.slice(at), file]);
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  return cycles;
}
