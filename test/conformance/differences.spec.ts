import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowed } from './oracle/differences.js';

const readme = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8').replace(/ +/g, ' ');

describe('the ways in which Callbook may answer otherwise than other servers', () => {
  it('have a name each, and an RFC', () => {
    expect(new Set(allowed.map(({ id }) => id)).size).toBe(allowed.length);
    for (const { id, because } of allowed) expect(because, id).toMatch(/RFC \d+/);
  });

  it.each(allowed.map(({ id, peers, because }) => ({ id, peers, because })))(
    '$id stands in the README',
    ({ id, peers, because }) => {
      expect(readme).toContain(`| \`${id}\` | ${peers === 'all' ? 'all' : peers.join(', ')} | ${because} |`);
    },
  );
});
