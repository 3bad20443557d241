import type { Name } from '@callbook/dns';
import type { Clock, Log } from '@callbook/process';
import type { SigningMetrics } from '../signing-metrics.js';
import type { ZoneFeed } from '../feed/zone-feed.js';
import type { ZoneKeys } from '../keys/zone-keys.js';
import type { SignedSet } from '../zone/signed-set.js';
import type { Subject } from '../zone/subject.js';
import type { ZoneSettings } from '../zone/zone-content.js';
import type { ZoneStore } from '../zone/zone-store.js';
import type { PublicationWaiters } from './publication-waiters.js';
import type { SigningPolicy } from './sign-set.js';

/** Where the zone stands, database and journal stream alike. */
export interface Head {
  readonly serial: number;
  readonly soa: SignedSet;
  /** Newest inception of any signature made, Unix seconds. */
  readonly lastInception: number;
  /** Sequence in the journal stream of the entry that led here, or after which the next will come. */
  readonly sequence: number;
  /** What the next append expects as the last sequence of the subject: 0 when the stream keeps no entry of the zone. */
  readonly expected: number;
}

export interface SigningZoneParts {
  readonly zone: Name;
  readonly settings: ZoneSettings;
  readonly policy: SigningPolicy;
  readonly keys: ZoneKeys;
  readonly epoch: number;
  readonly store: ZoneStore;
  readonly feed: ZoneFeed;
  readonly waiters: PublicationWaiters;
  readonly clock: Clock;
  readonly log: Log;
  readonly measured: SigningMetrics;
  /** Makes database and journal agree, and says where they stand. Runs before the first piece of work and after any failure. */
  readonly level: (parts: SigningZoneParts) => Promise<Head>;
  /** Called once when this process turns out not to lead any more. */
  readonly onLost: (error: LeadershipLost) => void;
}

/** Another process signs now: this one must end. */
export class LeadershipLost extends Error {
  override readonly name = 'LeadershipLost';
}

/** The zone as its leader works on it: one piece of work at a time, each beginning where database and journal agree. */
export class SigningZone {
  /** Undefined while it is not known where the zone stands. */
  private head: Head | undefined;
  private appended: number | undefined;
  private turns: Promise<unknown> = Promise.resolve();
  private lost: LeadershipLost | undefined;

  constructor(readonly parts: SigningZoneParts) {}

  /** Serial that the journal is known to have reached. */
  get appendedSerial(): number | undefined {
    return this.appended;
  }

  /**
   * Runs `work` when all work before it has ended. After a failure nobody knows what took effect, so that the next piece of work begins
   * by looking.
   */
  inTurn<T>(work: (head: Head) => Promise<T>): Promise<T> {
    const turn = this.turns.then(async () => {
      try {
        if (this.lost) throw this.lost;
        return await work(this.head ?? (await this.level()));
      } catch (error) {
        this.head = undefined;
        if (error instanceof LeadershipLost) this.end(error);
        throw error;
      }
    });
    this.turns = turn.catch(() => {});
    return turn;
  }

  /** What is stored of a binding. */
  stored(subject: Subject): Promise<{ sequence: number; serial: number } | undefined> {
    return this.parts.store.publication(subject);
  }

  /** Looks again whether database and journal agree, as after a failure. */
  relevel(): Promise<void> {
    return this.inTurn(async () => {
      await this.level();
    });
  }

  /** Only from within `work`. */
  moveTo(head: Head): void {
    this.head = head;
    this.appended = head.serial;
    this.parts.measured.serial.set(head.serial);
  }

  /** No piece of work begins any more. */
  end(error: LeadershipLost): void {
    if (this.lost) return;
    this.lost = error;
    this.parts.onLost(error);
  }

  private async level(): Promise<Head> {
    this.head = undefined;
    const head = await this.parts.level(this.parts);
    this.moveTo(head);
    await this.parts.waiters.lookAgain(this);
    return head;
  }
}
