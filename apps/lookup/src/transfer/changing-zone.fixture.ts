import type { JournalEntry } from '@callbook/contracts';
import { equalOctets, RRType, serialAdd, textOf, type RR } from '@callbook/dns';
import { apex, signed, zoneRecords } from '../signed-zone.fixture.js';
import type { PinnedZone } from './zone.js';

/** Retried and refreshed within seconds, so that a secondary that met a fault comes back while a test waits. */
const soaText = (serial: number) => `@ 3600 SOA ns1 hostmaster ${serial} 3 1 604800 60\n`;

const numberNode = (number: number) =>
  `${[...String(1_000 + number).slice(1)].reverse().join('.')}.0.0.9.0.0.7.7.4.4.e164`;

/** A small signed zone that changes number by number, as the signer's journal would change it. */
export class ChangingZone {
  serial: number;
  pins = 0;
  private soaRecords: RR[];
  private others: RR[];
  private readonly numbers = new Map<number, RR[]>();

  constructor(
    serial: number,
    /** A whole number, at least `from`, below `to`. */
    private readonly between: (from: number, to: number) => number,
  ) {
    this.serial = serial;
    this.soaRecords = signed(soaText(serial));
    this.others = zoneRecords(serial).slice(2);
  }

  get soa(): RR {
    return this.soaRecords[0]!;
  }

  records(): RR[] {
    return [...this.soaRecords, ...this.others, ...[...this.numbers.values()].flat()];
  }

  /** Registers, changes or removes one number to three, all in one version. */
  change(): JournalEntry {
    const removed: RR[] = this.soaRecords.slice(1);
    const added: RR[] = [];
    const from = this.soa;
    const touched = new Set(Array.from({ length: this.between(1, 4) }, () => this.between(0, 100)));
    for (const number of touched) {
      const before = this.numbers.get(number) ?? [];
      const after = before.length > 0 && this.between(0, 3) === 0 ? [] : this.numberRecords(number);
      removed.push(...before.filter((record) => !includes(after, record)));
      added.push(...after.filter((record) => !includes(before, record)));
      if (after.length > 0) this.numbers.set(number, after);
      else this.numbers.delete(number);
    }
    this.serial = serialAdd(this.serial, 1);
    this.soaRecords = signed(soaText(this.serial));
    return { from, to: this.soa, removed, added: [...this.soaRecords.slice(1), ...added] };
  }

  pin(): PinnedZone {
    const records = this.records();
    this.pins += 1;
    return {
      ...{ apex, serial: this.serial, soa: records[0]!, records: () => records },
      release: () => (this.pins -= 1),
    };
  }

  private numberRecords(number: number): RR[] {
    const node = numberNode(number);
    const order = this.between(1, 1_000);
    return [
      ...signed(`${node} NAPTR ${order} 10 "u" "E2U+sip" "!^.*$!sip:n${number}@example.net!" .\n`),
      ...(this.between(0, 2) === 0 ? signed(`_smimecert.${node} SMIMEA 3 1 0 ${'00'.repeat(order)}\n`) : []),
    ];
  }
}

const includes = (records: readonly RR[], record: RR) => records.some((each) => isSame(each, record));

const isSame = (a: RR, b: RR) => a.type === b.type && a.name.equals(b.name) && equalOctets(a.rdata, b.rdata);

/** Records in one order, as text, to be compared. */
export const texts = (records: Iterable<RR>): string[] => [...records].map(textOf).sort();

/** What a client's copy becomes by an answer to IXFR or AXFR (RFC 1995 §4). Errors: when it does not fit the copy. */
export function applied(copy: readonly RR[], answers: readonly RR[]): RR[] {
  const [head, second] = answers;
  if (answers.length === 1) return [...copy];
  if (second?.type !== RRType.SOA) return answers.slice(0, -1);
  let records = [...copy];
  let adding = true;
  for (const record of answers.slice(1, -1)) {
    if (record.type === RRType.SOA) adding = !adding;
    if (adding) records.push(record);
    else if (records.some((each) => isSame(each, record))) records = records.filter((each) => !isSame(each, record));
    else throw new Error('a record that is not there is removed');
  }
  if (!isSame(head!, answers.at(-1)!)) throw new Error('another SOA at the end');
  return records;
}
