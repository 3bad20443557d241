import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Packages that would make a pure library impure. */
const impure = ['@nestjs/*', '@nats-io/*', 'nats', '@prisma/*', 'bullmq', 'ioredis', 'pg'];

export default tseslint.config(
  { ignores: ['**/dist', '**/generated', '.nx', '.local', '**/node_modules'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Use node:crypto.' }],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          depConstraints: [
            { sourceTag: 'pure', onlyDependOnLibsWithTags: ['pure'], bannedExternalImports: impure },
            { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
            { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
            { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib'] },
            { sourceTag: 'type:test', onlyDependOnLibsWithTags: ['type:lib', 'type:tool'] },
          ],
        },
      ],
    },
  },
  // Store tests on real servers reach into the app whose store they test; what is put to other people's secondaries, and what is weighed by itself, is
  // lookup's own parts.
  {
    files: [
      'test/integration/**/*.ts',
      'test/conformance/secondaries/**/*.ts',
      'test/conformance/oracle/ours.ts',
      'test/bench/memory/**/*.ts',
      'test/faults/played-signer.ts',
    ],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
);
