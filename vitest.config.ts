import { defineConfig } from 'vitest/config';

const source = ['@callbook/source'];

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source } },
  test: {
    include: ['{apps,libs}/*/src/**/*.spec.ts', 'deploy/local/src/**/*.spec.ts', 'test/**/*.spec.ts'],
    // A limit that only a hang reaches, also where every processor is busy: what a test has to say about time it says itself.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
