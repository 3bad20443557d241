import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFiles, read, root } from './source-files.js';

const readmes = projectFiles.filter((file) => file.endsWith('.md'));
const withConfig = projectFiles
  .filter((file) => /^apps\/\w+\/src\/config\.ts$/.test(file))
  .map((file) => file.split('/')[1]!);

describe('documentation', () => {
  it.each(withConfig)('%s: its README has every setting', (app) => {
    const keys = [...read(`apps/${app}/src/config.ts`).matchAll(/^\s{2,4}(\w+): /gm)]
      .map(([, key]) => key!)
      .filter((key) => !['path', 'message', 'error'].includes(key));
    const settings = keys.map((key) => `CALLBOOK_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`);
    expect(settings.length).toBeGreaterThan(2);
    const text = read(`apps/${app}/README.md`);
    expect(settings.filter((setting) => !text.includes(setting))).toEqual([]);
  });

  it.each(readmes)('%s: its links lead somewhere', (readme) => {
    for (const [, target] of read(readme)
      .replaceAll(/```.*?```/gs, '')
      .matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (!/^https?:/.test(target!))
        expect(existsSync(path.join(root, path.dirname(readme), target!)), target).toBe(true);
    }
  });

  it('names every script that a README tells to run', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const readme of readmes) {
      for (const [, script] of read(readme).matchAll(/npm run (?:-s )?([\w:-]+)/g)) {
        if (!script!.endsWith(':')) expect(Object.keys(scripts), readme).toContain(script);
      }
    }
  });

  it('uses only names and numbers that are reserved for examples', () => {
    const allowed = /^(44770090\d{4}|12025550[1]\d\d|49893\d*)$/;
    for (const file of projectFiles.filter((each) => /\.(md|html)$/.test(each))) {
      for (const [number] of read(file).matchAll(/\+\d{8,15}\b/g))
        expect(allowed.test(number.slice(1)), `${file}: ${number}`).toBe(true);
    }
  });
});
