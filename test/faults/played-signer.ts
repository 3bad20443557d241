import {
  denialKeyPurpose,
  encodeJournalEntry,
  journalSubject,
  type DenialKeys,
  type JournalEntry,
} from '@callbook/contracts';
import { cname, Name, naptr, RRType, soa, txt, writeRR, type RR } from '@callbook/dns';
import { exportZoneKey, generateZoneKey, signRRset } from '@callbook/dnssec';
import { sealAtRest } from '@callbook/keys';
import { jetStreamOf } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { ZoneFeed } from '../../apps/signer/src/feed/zone-feed.js';
import type { Chance } from './seed.js';

export const apex = Name.parse('callbook.example.');
export const alias = Name.parse('alias.callbook.example.');
/** The serial of edition n is n more. */
export const firstSerial = 1_000;

/** Numbers of 15 digits within the reserved ones. */
export const numberAt = (index: number) =>
  Name.parse(`${[...`447700900${String(index).padStart(6, '0')}`].reverse().join('.')}.e164.callbook.example.`);
export const uriAt = (index: number, version: number) => `sip:${index}.${version}@example.net`;

const record = (name: Name, type: number, rdata: Uint8Array): RR => ({ name, type, class: 1, ttl: 300, rdata });
const targetAt = (edition: number) => Name.parse(`edition-${edition}.callbook.example.`);
const numberRecord = (index: number, version: number) =>
  record(
    numberAt(index),
    RRType.NAPTR,
    naptr.write({
      ...{ order: 100, preference: 10, flags: 'u', services: 'E2U+sip', replacement: Name.root },
      regexp: `!^.*$!${uriAt(index, version)}!`,
    }),
  );
/** An alias and what it leads to: whoever sees one of an edition and the other of another has seen two editions at once. */
const markOf = (edition: number) => [
  record(alias, RRType.CNAME, cname.write({ target: targetAt(edition) })),
  record(targetAt(edition), RRType.TXT, txt.write({ strings: [String(edition)] })),
];

/**
 * What a replica follows, written to real streams by a test that can also write what no signer would: a zone of many numbers, of which each
 * edition says in several places which one it is. Only the apex is signed, which is all that a replica checks.
 */
export class PlayedSigner {
  private edition = 0;
  private sequence = 0;
  private soa: readonly [RR, RR];
  private readonly versions = new Map<number, number>();
  private readonly keys = { ksk: generateZoneKey(13, 257), denial: generateZoneKey(13, 256) };

  private constructor(
    private readonly nats: NatsConnection,
    private readonly feed: ZoneFeed,
    private readonly numbers: number,
    private readonly chance: Chance,
  ) {
    this.soa = this.soaOf(0);
  }

  /** Streams are made, the denial key is handed over, and the first snapshot is there. */
  static async begin(
    nats: NatsConnection,
    of: { readonly numbers: number; readonly chance: Chance; readonly denialKeyEncryptionKey: Uint8Array },
  ): Promise<PlayedSigner> {
    const feed = await ZoneFeed.open(nats, apex);
    await feed.ensure();
    const signer = new PlayedSigner(nats, feed, of.numbers, of.chance);
    const { denial } = signer.keys;
    const sealed = sealAtRest(exportZoneKey(denial), of.denialKeyEncryptionKey, denialKeyPurpose);
    const keys: DenialKeys['keys'] = [
      { algorithm: 13, flags: 256, tag: denial.tag, sealed: Buffer.from(sealed).toString('base64') },
    ];
    await feed.publishDenialKeys({ keys });
    await signer.snapshot();
    return signer;
  }

  /** The newest edition that was published. */
  get newest(): number {
    return this.edition;
  }

  /** The next edition: its mark, and a few numbers. */
  next(): JournalEntry {
    const [from, fromSignature] = this.soa;
    const before = this.edition;
    this.edition += 1;
    this.soa = this.soaOf(this.edition);
    const [to, toSignature] = this.soa;
    const changed = new Set(Array.from({ length: 5 }, () => this.chance.between(0, this.numbers)));
    const removed = [fromSignature, ...markOf(before)];
    const added = [toSignature, ...markOf(this.edition)];
    for (const index of changed) {
      const version = this.versions.get(index) ?? 0;
      removed.push(numberRecord(index, version));
      added.push(numberRecord(index, version + 1));
      this.versions.set(index, version + 1);
    }
    return { from, to, removed, added };
  }

  async publish(entry = this.next()): Promise<void> {
    await this.append(encodeJournalEntry(entry));
  }

  /** Whatever it is. */
  async append(octets: Uint8Array): Promise<void> {
    ({ seq: this.sequence } = await jetStreamOf(this.nats).publish(journalSubject(apex), octets));
  }

  /** The newest edition whole; replay begins after what was appended last. */
  async snapshot(): Promise<void> {
    const serial = firstSerial + this.edition;
    const { object, sha256 } = await this.feed.putObject(serial, this.octets());
    await this.feed.publishPointer({ serial, object, journalSequence: this.sequence, sha256 });
    await this.feed.keepObjects(2);
  }

  private soaOf(edition: number): readonly [RR, RR] {
    const names = { mname: Name.parse('ns1.callbook.example.'), rname: Name.parse('hostmaster.callbook.example.') };
    const times = { refresh: 3_600, retry: 600, expire: 604_800, minimum: 60 };
    const rr = record(apex, RRType.SOA, soa.write({ ...names, serial: firstSerial + edition, ...times }));
    return [rr, this.signatureOf([rr])];
  }

  private signatureOf(records: readonly [RR, ...RR[]]): RR {
    const now = Math.floor(Date.now() / 1_000);
    const set = { ...records[0], rdatas: records.map(({ rdata }) => rdata) };
    return signRRset(set, { key: this.keys.ksk, signer: apex }, { inception: now - 3_600, expiration: now + 86_400 });
  }

  private async *octets(): AsyncGenerator<Uint8Array> {
    const dnskeys = [this.keys.ksk, this.keys.denial].map(({ rdata }) => record(apex, RRType.DNSKEY, rdata)) as [
      RR,
      RR,
    ];
    const own = [...this.soa, ...dnskeys, this.signatureOf(dnskeys), ...markOf(this.edition)];
    yield Buffer.concat(own.map(writeRR));
    const versions = new Map(this.versions);
    for (let start = 0; start < this.numbers; start += 1_000) {
      const page = Array.from({ length: Math.min(1_000, this.numbers - start) }, (_, offset) => start + offset);
      yield Buffer.concat(page.map((index) => writeRR(numberRecord(index, versions.get(index) ?? 0))));
    }
  }
}
