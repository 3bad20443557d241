import { SetupError } from '@callbook/local';
import { unpackJudges } from './judges.js';

// Run by run.mjs before the tests, so that a missing network is said once and plainly instead of by every test that has a judge.
try {
  await unpackJudges(console.log);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.log(error.message);
  if (error.hint) console.log(`→ ${error.hint}`);
  process.exitCode = error.code === 'NOT_DEBIAN' ? 3 : 1;
}
