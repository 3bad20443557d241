// npm run bench:<name> [-- --json] [-- --quick]: prepares the clone, then runs one benchmark.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { prepare, PrepareError, root } from '../../deploy/local/prepare.mjs';

const [name, ...args] = process.argv.slice(2);
try {
  await prepare(() => undefined);
} catch (error) {
  console.error(error instanceof PrepareError ? error.message : error);
  process.exit(1);
}
const compile = ['--conditions=@callbook/source', '--import', '@swc-node/register/esm-register'];
const { status } = spawnSync(process.execPath, [...compile, path.join(root, 'test/bench', `${name}.ts`), ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
