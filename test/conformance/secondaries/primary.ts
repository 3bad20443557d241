import { decodeMessage, Rcode, RRType, type TsigKey } from '@callbook/dns';
import { certificateAuthority, serverCertificate } from '@callbook/keys';
import { freePort } from '@callbook/local';
import { answeringOf, posted } from '../../../apps/lookup/src/answering.js';
import { Counters, countersReader } from '../../../apps/lookup/src/engine/counters.js';
import { portablePackets } from '../../../apps/lookup/src/engine/portable-packets.js';
import { apex, denialKey } from '../../../apps/lookup/src/signed-zone.fixture.js';
import { tcpTransport } from '../../../apps/lookup/src/streams/tcp.js';
import { tlsIdentity } from '../../../apps/lookup/src/streams/tls-identity.js';
import { tlsTransport } from '../../../apps/lookup/src/streams/tls.js';
import type { Transfer } from '../../../apps/lookup/src/streams/transfers.js';
import { ChangingZone } from '../../../apps/lookup/src/transfer/changing-zone.fixture.js';
import { ZoneHistory } from '../../../apps/lookup/src/transfer/history.js';
import { createNotifier, type Secondary } from '../../../apps/lookup/src/transfer/notify.js';
import { createTransfers } from '../../../apps/lookup/src/transfer/transfers.js';
import { ServedZone } from '../../../apps/lookup/src/zone/served-zone.js';
import { ZoneStore } from '../../../apps/lookup/src/zone/zone-store.js';
import type { Address } from '../../judges.js';

export const primaryName = 'ns1.callbook.example';

export interface PrimaryOptions {
  readonly serial: number;
  readonly between: (from: number, to: number) => number;
  readonly keys: readonly TsigKey[];
}

/** All of lookup but its threads and its feed, on a zone that a test changes. */
export class Primary {
  readonly history = new ZoneHistory(1 << 24);
  /** What was transferred: `<key> AXFR`, `<key> IXFR` for changes, `<key> refused`, each time. */
  readonly transferred: string[] = [];
  /** Answers NOTAUTH, as to those who cannot prove who they are. */
  get unproved(): number {
    this.readCounters();
    return this.unprovedCount;
  }
  private unprovedCount = 0;
  private readCounters: () => void = () => {};
  private readonly served = new ServedZone(apex);
  private notifiers: { announce(soa: ChangingZone['soa']): void; stop(): void }[] = [];
  private readonly stops: (() => Promise<void>)[] = [];

  private constructor(
    readonly zone: ChangingZone,
    readonly address: Address,
    readonly tlsAddress: Address,
    /** Of who signed its certificate, PEM. */
    readonly authority: string,
  ) {}

  static async start({ serial, between, keys }: PrimaryOptions): Promise<Primary> {
    const validity = { notBefore: new Date(Date.now() - 3_600_000), days: 2 };
    const authority = certificateAuthority({ commonName: 'Callbook test authority', ...validity });
    const { certificate: cert, privateKey: key } = serverCertificate(authority, { names: [primaryName], ...validity });
    const [host, port, tlsPort] = ['127.0.0.1', await freePort(), await freePort()];
    const zone = new ChangingZone(serial, between);
    const primary = new Primary(zone, { host, port }, { host, port: tlsPort }, authority.certificate);
    primary.served.serve(ZoneStore.of(apex, zone.records()));
    const counters = new Counters();
    const rules = { allow: [], keys };
    const { responder } = answeringOf(
      {
        ...{ apex: apex.wire, udpLimit: 1_232, keepaliveIdle: 10_000, rules: posted(rules) },
        secrets: { denialKey, cookies: [new Uint8Array(16)] },
      },
      primary.served.view(),
      counters,
    );
    const transfer = primary.watched(
      createTransfers({
        ...{ apex, pin: () => primary.served.pin(), history: primary.history, rules, atOnce: 16, clock: Date.now },
        count: (carrier, rcode) => counters.answered(carrier, rcode),
      }),
    );
    primary.readCounters = countersReader([counters], {
      answered: (_, rcode, count) => {
        if (rcode === Rcode.NOTAUTH) primary.unprovedCount += count;
      },
      met: () => {},
    });
    const limits = { connections: 100, connectionsPerClient: 100, idle: 10_000 };
    const identity = tlsIdentity({ cert, key }, Date.now);
    const fates = { unsent: () => {} };
    for (const transport of [
      tcpTransport({ host, port }, { responder, transfer }, limits),
      tlsTransport({ host, port: tlsPort }, { responder, transfer, identity }, limits),
    ]) {
      await transport.start();
      primary.stops.push(() => transport.stop());
    }
    const packets = await portablePackets({ addresses: [{ host, port }], responder, udpLimit: 1_232, fates });
    primary.stops.push(() => packets.stop());
    return primary;
  }

  /** From now on they are told of each version. */
  notify(secondaries: readonly Secondary[]): void {
    let id = 0;
    const notifier = createNotifier({
      ...{ apex, secondaries, clock: Date.now, randomId: () => (id = (id + 1) & 0xffff), count: () => {} },
      times: { gather: 20, firstRetry: 500, longestRetry: 2_000 },
    });
    notifier.announce(this.zone.soa);
    this.notifiers.push(notifier);
  }

  change(): void {
    const entry = this.zone.change();
    this.served.current!.apply(entry);
    this.history.add(entry);
    for (const notifier of this.notifiers) notifier.announce(this.zone.soa);
  }

  async stop(): Promise<void> {
    for (const notifier of this.notifiers) notifier.stop();
    await Promise.all(this.stops.map((stop) => stop()));
  }

  private watched(transfer: Transfer): Transfer {
    return (query, client, session) => {
      const key = keyNamed(query);
      const messages = transfer(query, client, session);
      return messages && this.counted(messages, key);
    };
  }

  private async *counted(messages: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
    let first = true;
    for await (const octets of messages) {
      if (first) this.transferred.push(`${key} ${kindOf(octets)}`);
      first = false;
      yield octets;
    }
  }
}

const keyNamed = (query: Uint8Array): string => {
  const last = decodeMessage(Uint8Array.from(query)).additionals.at(-1);
  return last?.type === RRType.TSIG ? last.name.toString() : 'no key';
};

function kindOf(octets: Uint8Array): string {
  const { rcode, answers } = decodeMessage(octets);
  if (rcode !== Rcode.NOERROR) return 'refused';
  if (answers.length === 1) return 'nothing new';
  return answers[1]!.type === RRType.SOA ? 'IXFR' : 'AXFR';
}
