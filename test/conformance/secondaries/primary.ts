import { decodeMessage, encodeMessage, Rcode, RRType, type TsigKey } from '@callbook/dns';
import { certificateAuthority, serverCertificate } from '@callbook/keys';
import { freePort } from '@callbook/local';
import type { Carrier, Responder } from '../../../apps/lookup/src/answer/responder.js';
import { portablePackets } from '../../../apps/lookup/src/engine/portable-packets.js';
import { apex } from '../../../apps/lookup/src/signed-zone.fixture.js';
import { tcpTransport } from '../../../apps/lookup/src/streams/tcp.js';
import { tlsIdentity } from '../../../apps/lookup/src/streams/tls-identity.js';
import { tlsTransport } from '../../../apps/lookup/src/streams/tls.js';
import type { Transfer } from '../../../apps/lookup/src/streams/transfers.js';
import { ChangingZone } from '../../../apps/lookup/src/transfer/changing-zone.fixture.js';
import { ZoneHistory } from '../../../apps/lookup/src/transfer/history.js';
import { createNotifier, type Secondary } from '../../../apps/lookup/src/transfer/notify.js';
import { withTsig } from '../../../apps/lookup/src/transfer/signed-queries.js';
import { createTransfers } from '../../../apps/lookup/src/transfer/transfers.js';
import type { StoredSet, ZoneView } from '../../../apps/lookup/src/zone/zone-view.js';
import type { Address } from '../../judges.js';

export const primaryName = 'ns1.callbook.example';

export interface PrimaryOptions {
  readonly serial: number;
  readonly between: (from: number, to: number) => number;
  readonly keys: readonly TsigKey[];
}

/** Lookup's transports and transfers, on a zone that a test changes. */
export class Primary {
  readonly history = new ZoneHistory(1 << 24);
  /** What was transferred: `<key> AXFR`, `<key> IXFR` for changes, `<key> refused`, each time. */
  readonly transferred: string[] = [];
  /** Answers NOTAUTH, as to those who cannot prove who they are. */
  unproved = 0;
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
    const deps = {
      ...{ apex, pin: () => zone.pin(), history: primary.history, atOnce: 16, clock: Date.now },
      rules: { allow: [], keys },
      count: (_carrier: Carrier, rcode: number) => {
        if (rcode === Rcode.NOTAUTH) primary.unproved += 1;
      },
    };
    const responder = withTsig(startOfZone(zone), { ...deps, view: viewOf(zone), udpLimit: 1_232 });
    const transfer = primary.watched(createTransfers(deps));
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
    this.history.add(this.zone.change());
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

/** Says the SOA to all who ask, which is all that secondaries ask for beside transfers. */
const startOfZone = (zone: ChangingZone): Responder => ({
  respond: (query, start, end, out, outStart) => {
    const asked = decodeMessage(Uint8Array.from(query.subarray(start, end)));
    const reply = encodeMessage({
      ...{ ...asked, response: true, authoritative: true, answers: [zone.soa], authorities: [], additionals: [] },
    });
    out.set(reply, outStart);
    return reply.length;
  },
});

const viewOf = (zone: ChangingZone) =>
  ({
    ...{ apexNode: 1, take: () => true, release: () => {} },
    set: (_node: number, _type: number, into: StoredSet) => {
      const octets = Uint8Array.of(...new Uint8Array(12), ...zone.soa.rdata);
      Object.assign(into, { octets, ttl: zone.soa.ttl, start: 0, plainEnd: octets.length, end: octets.length });
      return true;
    },
  }) as Partial<ZoneView> as ZoneView;
