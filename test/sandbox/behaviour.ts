import { z } from 'zod';

export const PhoneNumber = z.string().regex(/^\+[1-9]\d{6,14}$/, 'is not + and 7 to 15 digits');

/**
 * What becomes of a message to a number:
 * `delivered` arrives and is reported; `unreported` arrives, but only `submitted` is reported; `undeliverable` and `rejected` do not
 * arrive and are reported; `lost` does not arrive and only `submitted` is reported; `refused` is not even taken (422).
 */
export const Outcome = z.enum(['delivered', 'unreported', 'undeliverable', 'rejected', 'lost', 'refused']);
export type Outcome = z.output<typeof Outcome>;

export const Fault = z.strictObject({
  /** An HTTP status, silence until the client gives up, or a TCP reset. */
  answer: z.union([z.literal([429, 500, 502, 503]), z.literal(['timeout', 'reset'])]),
  /** `before`: it did not happen. `after`: it happened, but the sender is told that it did not. */
  when: z.enum(['before', 'after']).default('before'),
  /** How many requests to send a message meet this fault. */
  times: z.int().min(1).max(100_000).default(1),
  /** Seconds, as Retry-After. */
  retryAfter: z.int().min(0).max(86_400).optional(),
});
export type Fault = z.output<typeof Fault>;

/** `absent`: no Authorization. `wrong-hash`: signed, but for another body. `stale`: signed an hour ago. */
export const ReceiptSignature = z.enum(['valid', 'absent', 'wrong-secret', 'wrong-hash', 'stale']);
export type ReceiptSignature = z.output<typeof ReceiptSignature>;

/** How delivery receipts go wrong. */
export const Receipts = z.strictObject({
  /** Each is posted twice. */
  duplicate: z.boolean().default(false),
  /** The final status is posted before `submitted`. */
  reverse: z.boolean().default(false),
  signature: ReceiptSignature.default('valid'),
  /** Milliseconds before each receipt. */
  delayMs: z.int().min(0).max(600_000).default(0),
});

/** Everything the network does wrong, replaced whole: what is left out is well behaved again. */
export const Behaviour = z.strictObject({
  /** The next requests to send a message meet these, first fault first. */
  faults: z.array(Fault).max(1_000).default([]),
  /** Milliseconds between accepting a message and answering. */
  delayMs: z.int().min(0).max(600_000).default(0),
  receipts: Receipts.prefault({}),
  /** Numbers whose messages are not `delivered`. */
  numbers: z
    .record(PhoneNumber, Outcome)
    .refine((numbers) => Object.keys(numbers).length <= 100_000, 'are too many')
    .default({}),
});
export type Behaviour = z.output<typeof Behaviour>;
export type BehaviourInput = z.input<typeof Behaviour>;

/** The behaviour in force; faults are used up. */
export class Misbehaviour {
  private current: Behaviour = Behaviour.parse({});

  replace(behaviour: Behaviour): void {
    this.current = behaviour;
  }

  get now(): Behaviour {
    return this.current;
  }

  outcomeOf(number: string): Outcome {
    return this.current.numbers[number] ?? 'delivered';
  }

  /** Uses up one fault, if there is one. */
  takeFault(): Fault | undefined {
    const [fault, ...rest] = this.current.faults;
    if (!fault) return undefined;
    const left = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }, ...rest] : rest;
    this.current = { ...this.current, faults: left };
    return fault;
  }
}
