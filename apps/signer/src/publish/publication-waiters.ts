import { CallbookError } from '@callbook/contracts';
import { serialCompare } from '@callbook/dns';
import type { Subject } from '../zone/subject.js';

interface Waiter {
  readonly sequence: number;
  readonly answer: (serial: number) => void;
  readonly look: (view: PublicationView) => Promise<void>;
  readonly refuse: (error: CallbookError) => void;
}

/** What waiting needs to know: what is stored of a binding, and how far the journal has come. */
export interface PublicationView {
  stored(subject: Subject): Promise<{ sequence: number; serial: number } | undefined>;
  readonly appendedSerial: number | undefined;
}

/** Those who wait until the journal holds a binding. */
export class PublicationWaiters {
  private readonly waiting = new Map<Subject, Set<Waiter>>();
  private ended: CallbookError | undefined;

  /** The journal now holds these. */
  wake(publications: readonly { subject: Subject; sequence: number }[], serial: number): void {
    for (const { subject, sequence } of publications)
      for (const waiter of this.waiting.get(subject) ?? []) if (waiter.sequence <= sequence) waiter.answer(serial);
  }

  /** The journal moved, and nobody knows for whom. */
  async lookAgain(view: PublicationView): Promise<void> {
    await Promise.all([...this.waiting.values()].flatMap((waiters) => [...waiters].map(({ look }) => look(view))));
  }

  /** Another process knows from now on: whoever waits, or would, has to ask there. */
  end(error: CallbookError): void {
    this.ended = error;
    for (const waiters of this.waiting.values()) for (const { refuse } of waiters) refuse(error);
  }

  /** Answers with the serial that brought the sequence, or a later one. Errors: PUBLICATION_PENDING after `wait` milliseconds. */
  wait(view: PublicationView, subject: Subject, sequence: number, wait: number): Promise<{ serial: number }> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const waiters = this.waiting.get(subject) ?? new Set();
      this.waiting.set(subject, waiters);
      const leave = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
        if (waiters.size === 0 && this.waiting.get(subject) === waiters) this.waiting.delete(subject);
      };
      const pending = new CallbookError('PUBLICATION_PENDING', 'the zone does not hold it yet', {
        retry: 'later',
        retryAfter: 1,
      });
      const timer = setTimeout(() => (leave(), reject(pending)), wait);
      const waiter: Waiter = {
        sequence,
        answer: (serial) => (leave(), resolve({ serial })),
        refuse: (error) => (leave(), reject(error)),
        look: async (seen) => {
          const stored = await seen.stored(subject);
          const appended = seen.appendedSerial;
          if (stored && appended !== undefined && stored.sequence >= sequence && !isAfter(stored.serial, appended))
            waiter.answer(stored.serial);
        },
      };
      // Registered before it looks, so that nothing passes unseen in between.
      waiters.add(waiter);
      waiter.look(view).catch((error: unknown) => (leave(), reject(error as Error)));
    });
  }
}

const isAfter = (serial: number, other: number) => serialCompare(serial, other) > 0;
