import type { BindingContent } from '@callbook/contracts';
import { expect, it } from 'vitest';
import { exportBindings } from './export-bindings.js';

const content = (n: number, octets = 10): BindingContent => ({
  identifier: `tel:+447700900${String(n).padStart(3, '0')}`,
  sequence: 1,
  hash: 'h'.repeat(43),
  visibility: 'dns',
  routes: [{ service: 'E2U+sip', uri: `sip:${'a'.repeat(octets)}@example.net`, order: 100, preference: 10 }],
  keys: [],
  ttl: 300,
});

const holding = (contents: readonly BindingContent[]) => ({
  page: async (after: string | undefined, limit: number) =>
    contents.filter(({ identifier }) => after === undefined || identifier > after).slice(0, limit),
});

it('the last page does not say where to go on', async () => {
  const two = [content(1), content(2)];
  expect(await exportBindings(holding(two), { limit: 2 })).toEqual({ bindings: two });
  expect(await exportBindings(holding(two), { limit: 1 })).toEqual({ bindings: [two[0]], next: two[0]!.identifier });
  expect(await exportBindings(holding(two), { limit: 1, after: two[0]!.identifier })).toEqual({ bindings: [two[1]] });
  expect(await exportBindings(holding([]), { limit: 1 })).toEqual({ bindings: [] });
});

it('a page ends where it would be too long for a message, and the next one goes on there', async () => {
  const long = Array.from({ length: 12 }, (_, n) => content(n, 100_000));
  const { bindings, next } = await exportBindings(holding(long), { limit: 1_000 });
  expect(bindings).toHaveLength(5);
  expect(next).toBe(long[4]!.identifier);
});

it('one binding that is too long for that is a page of its own', async () => {
  const long = [content(1, 600_000), content(2)];
  expect(await exportBindings(holding(long), { limit: 10 })).toEqual({
    bindings: [long[0]],
    next: long[0]!.identifier,
  });
});
