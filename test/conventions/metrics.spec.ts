import { describe, expect, it } from 'vitest';
import { read, sources } from './source-files.js';

const metrics = sources.flatMap((file) =>
  [
    ...read(file).matchAll(/\.(counter|gauge|seconds)(?:<[^>]*>)?\(\s*'([^']*)',\s*'([^']*)'(?:,\s*\[([^\]]*)\])?/g),
  ].map(([, kind, name, help, labels]) => ({
    file,
    kind,
    name: name!,
    help: help!,
    labels: [...(labels ?? '').matchAll(/'(\w+)'/g)].map(([, label]) => label!),
  })),
);

/** Closed sets: what a client sends can be none of them. */
const labelsKnown = ['method', 'code', 'endpoint', 'status', 'transport', 'rcode', 'outcome', 'result', 'state'];

describe('a metric', () => {
  it('is found by this test', () => {
    expect(metrics.length).toBeGreaterThan(10);
  });

  it('is named as Prometheus names: a counter ends in _total, a time in _seconds, and nothing else does', () => {
    for (const { kind, name, file } of metrics) {
      expect(name, file).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith('_total'), `${file}: ${name}`).toBe(kind === 'counter');
      if (kind === 'seconds') expect(name, file).toMatch(/_seconds$/);
    }
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });

  it('says what it counts, and is told apart by closed sets alone', () => {
    for (const { help, labels, name } of metrics) {
      expect(help.length, name).toBeGreaterThan(10);
      for (const label of labels) expect(labelsKnown, name).toContain(label);
    }
  });
});
