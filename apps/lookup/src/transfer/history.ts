import { encodeJournalEntry, serialOf, type JournalEntry } from '@callbook/contracts';

interface Step {
  readonly from: number;
  readonly to: number;
  /** As it lies in the journal: an IXFR difference sequence. */
  readonly octets: Uint8Array;
}

/** The last changes of a zone, as many as fit into a number of octets: what IXFR is answered from (RFC 1995). */
export class ZoneHistory {
  /** Each begins at the serial that the one before leads to. */
  private steps: Step[] = [];
  private octets = 0;

  constructor(private readonly mostOctets: number) {}

  /** One that does not follow the last makes all before it useless: there is no way over the gap. */
  add(entry: JournalEntry): void {
    const step = { from: serialOf(entry.from), to: serialOf(entry.to), octets: encodeJournalEntry(entry) };
    if (this.steps.length > 0 && this.steps.at(-1)!.to !== step.from) this.clear();
    this.steps.push(step);
    this.octets += step.octets.length;
    let dropped = 0;
    while (this.octets > this.mostOctets) this.octets -= this.steps[dropped++]!.octets.length;
    if (dropped > 0) this.steps = this.steps.slice(dropped);
  }

  /** The zone was replaced by one that the history does not lead to. */
  clear(): void {
    this.steps = [];
    this.octets = 0;
  }

  /** The changes that lead from one serial to the other, each as a difference sequence; undefined when it is not known. */
  between(from: number, to: number): readonly Uint8Array[] | undefined {
    const end = this.steps.findLastIndex((step) => step.to === to);
    const start = this.steps.findLastIndex((step, index) => index <= end && step.from === from);
    if (start < 0) return undefined;
    return this.steps.slice(start, end + 1).map(({ octets }) => octets);
  }
}
