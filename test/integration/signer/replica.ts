import {
  decodeJournalEntry,
  decodeSnapshot,
  journalStream,
  journalSubject,
  serialOf,
  snapshotBucket,
  SnapshotPointer,
  snapshotSubject,
  zoneStateStream,
} from '@callbook/contracts';
import { RRType, writeRR, type Name, type RR } from '@callbook/dns';
import { jetStreamOf, managerOf } from '@callbook/process';
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { createHash } from 'node:crypto';

const spell = (rr: RR) => Buffer.from(writeRR(rr)).toString('latin1');

/** A zone as a strict replica has it: records one by one, each change exact, or it fails. */
export class Replica {
  private constructor(
    readonly apex: Name,
    private readonly records: Map<string, RR>,
    public sequence: number,
  ) {}

  get soa(): RR {
    return [...this.records.values()].find(({ type }) => type === RRType.SOA)!;
  }

  get serial(): number {
    return serialOf(this.soa);
  }

  /** Every record, in one order. */
  get content(): string[] {
    return [...this.records.keys()].sort();
  }

  find(name: Name, type: number): RR[] {
    return [...this.records.values()].filter((rr) => rr.type === type && rr.name.equals(name));
  }

  /** Begins with the newest snapshot. */
  static async load(nats: NatsConnection, apex: Name): Promise<Replica> {
    const message = await (
      await managerOf(nats)
    ).streams.getMessage(zoneStateStream.name, {
      last_by_subj: snapshotSubject(apex),
    });
    const pointer = SnapshotPointer.parse(message!.json());
    const bucket = await new Objm(jetStreamOf(nats)).open(snapshotBucket.name);
    const octets = await bucket.getBlob(pointer.object);
    if (!octets) throw new Error(`no object ${pointer.object}`);
    if (createHash('sha256').update(octets).digest('base64url') !== pointer.sha256) throw new Error('damaged');
    const records = decodeSnapshot(octets);
    if (records[0]?.type !== RRType.SOA) throw new Error('a snapshot begins with the SOA');
    if (serialOf(records[0]) !== pointer.serial) throw new Error('the snapshot is of another serial');
    const all = new Map(records.map((rr) => [spell(rr), rr]));
    if (all.size !== records.length) throw new Error('a record is there twice');
    return new Replica(apex, all, pointer.journalSequence);
  }

  /** Applies all entries that the journal holds after where it is. Returns how many. */
  async follow(nats: NatsConnection): Promise<number> {
    const manager = await managerOf(nats);
    for (let applied = 0; ; applied += 1) {
      const next = await manager.direct.getMessage(journalStream.name, {
        seq: this.sequence + 1,
        next_by_subj: journalSubject(this.apex),
      });
      if (!next) return applied;
      const { from, to, removed, added } = decodeJournalEntry(next.data);
      for (const rr of [from, ...removed])
        if (!this.records.delete(spell(rr))) throw new Error(`entry to ${serialOf(to)} removes what is not there`);
      for (const rr of [to, ...added]) {
        if (this.records.has(spell(rr))) throw new Error(`entry to ${serialOf(to)} adds what is there`);
        this.records.set(spell(rr), rr);
      }
      this.sequence = next.seq;
    }
  }
}
