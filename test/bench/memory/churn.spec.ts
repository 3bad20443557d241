import { expect, it } from 'vitest';
import { seedOfRun } from '../../faults/seed.js';
import { churn } from './churn.js';

const seed = seedOfRun();

/** A small part of what `npm run bench:memory` does. */
it(`a zone whose numbers come, change and go while it is read and transferred does not grow (CALLBOOK_SEED=${seed})`, async () => {
  expect(await churn(10_000, 1_000, seed)).toBeLessThan(1.3);
}, 120_000);
