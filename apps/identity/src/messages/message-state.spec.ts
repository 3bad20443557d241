import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stateOfReport, statesBefore, type MessageState, type ReportedStatus } from './message-state.js';

const states: MessageState[] = ['queued', 'sending', 'sent', 'failed', 'delivered'];
const report = fc.constantFrom<ReportedStatus>('submitted', 'delivered', 'rejected', 'undeliverable');
const apply = (state: MessageState, status: ReportedStatus): MessageState =>
  statesBefore(stateOfReport[status]).includes(state) ? stateOfReport[status] : state;

it('ends in the same state in whatever order, and however often, reports come', () => {
  fc.assert(
    fc.property(fc.constantFrom(...states), fc.array(report), fc.array(report), (start, reports, again) => {
      const once = reports.reduce(apply, start);
      const twice = [...reports]
        .reverse()
        .concat(again.filter((r) => reports.includes(r)))
        .reduce(apply, start);
      expect(twice).toBe(once);
    }),
  );
});

it('never goes back', () => {
  expect(statesBefore('sent')).toEqual(['queued', 'sending']);
  expect(statesBefore('failed')).not.toContain('delivered');
  expect(statesBefore('delivered')).toEqual(['queued', 'sending', 'sent', 'failed']);
});
