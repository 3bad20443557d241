import fc from 'fast-check';
import { expect, it } from 'vitest';
import { codeOf } from './rdata/every-form.js';
import { serialAdd, serialCompare } from './serial.js';

const serial = fc.integer({ min: 0, max: 2 ** 32 - 1 });

it('orders serials around the wrap', () => {
  expect(serialCompare(1, 0)).toBe(1);
  expect(serialCompare(0, 4294967295)).toBe(1);
  expect(serialCompare(4294967290, 5)).toBe(-1);
  expect(serialCompare(7, 7)).toBe(0);
});

it('gives no order to serials half the circle apart (RFC 1982 §3.2)', () => {
  expect(serialCompare(0, 2 ** 31)).toBeNaN();
  expect(serialCompare(2 ** 31, 0)).toBeNaN();
});

it('counts over the wrap', () => {
  let at = 4294967290;
  for (let step = 0; step < 20; step += 1) {
    const next = serialAdd(at, 1);
    expect(serialCompare(next, at)).toBe(1);
    at = next;
  }
  expect(at).toBe(14);
});

it('refuses steps that would go backwards', () => {
  for (const step of [-1, 2 ** 31, 0.5, Number.NaN])
    expect(codeOf(() => serialAdd(1, step))).toBe('VALUE_OUT_OF_RANGE');
});

it('has what was added to after what it was added to', () => {
  fc.assert(
    fc.property(serial, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (from, step) => {
      expect(serialCompare(serialAdd(from, step), from)).toBe(1);
      expect(serialCompare(from, serialAdd(from, step))).toBe(-1);
    }),
  );
});
