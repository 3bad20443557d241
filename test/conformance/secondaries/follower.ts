import { decodeMessage, encodeMessage, queryFor, Rcode, RRType, soa, type RR, type TsigKey } from '@callbook/dns';
import { setTimeout as pause } from 'node:timers/promises';
import { apex } from '../../../apps/lookup/src/signed-zone.fixture.js';
import type { Secondary } from '../../../apps/lookup/src/transfer/notify.js';
import { transfer } from '../../faults/transfer.js';
import { QuestionClient, startPeer, type Peer, type PeerName, type Primary as Source } from '../../peers/index.js';

/** BIND waits for minutes before it tries again, whatever the SOA says, unless it is told otherwise. */
const extra: Partial<Record<PeerName, readonly string[]>> = {
  bind: ['min-retry-time 1', 'max-retry-time 1', 'min-refresh-time 1', 'max-refresh-time 3', 'serial-query-rate 100'],
};

const question = encodeMessage(queryFor({ name: apex, type: RRType.SOA, class: 1 }, 0));
const patience = 60_000;

export interface FollowerOptions {
  readonly dir: string;
  readonly source: Source;
  readonly key: TsigKey;
  /** A free one unless given. */
  readonly port?: number;
  /** It listens to NOTIFY that is signed with the key. */
  readonly notified?: boolean;
}

/** Somebody else's server as a secondary of the zone. */
export class Follower {
  private constructor(
    readonly peer: Peer,
    private readonly client: QuestionClient,
    /** As the primary notifies it. */
    readonly secondary: Secondary,
  ) {}

  static async start(name: PeerName, { dir, source, key, port, notified = true }: FollowerOptions): Promise<Follower> {
    const transferKey = {
      name: key.name.toString(),
      algorithm: key.algorithm,
      secret: Buffer.from(key.secret).toString('base64'),
    };
    const peer = await startPeer(name, {
      dir,
      ...(port === undefined ? {} : { port }),
      secondaries: [
        {
          apex: apex.toString(),
          primaries: [{ ...source, key: transferKey }],
          ...(notified ? { notifyFrom: { host: '127.0.0.1', key: transferKey } } : {}),
        },
      ],
      extra: extra[name] ?? [],
    });
    const client = await QuestionClient.open({ patienceMs: 1_000, tries: 2 });
    return new Follower(peer, client, { host: peer.host, port: peer.port, key });
  }

  /** The serial that it serves; undefined while it has no zone. */
  async serial(): Promise<number | undefined> {
    const answer = await this.client.ask(this.peer, question);
    if (!answer) return undefined;
    const { rcode, answers } = decodeMessage(answer);
    return rcode === Rcode.NOERROR && answers[0] ? soa.read(answers[0].rdata).serial : undefined;
  }

  /** Errors: with the end of its log, when it does not come to serve that serial. */
  async reaches(serial: number): Promise<void> {
    const until = Date.now() + patience;
    for (let served = await this.serial(); served !== serial; served = await this.serial()) {
      if (Date.now() > until)
        throw new Error(`${this.peer.name} serves ${served}, not ${serial}\n${this.peer.log().slice(-3_000)}`);
      await pause(20);
    }
  }

  /** All that it serves. NSD ends the process that tells it when a new version is there: it is asked again. */
  async records(): Promise<RR[]> {
    const until = Date.now() + patience;
    for (;;) {
      try {
        return await transfer(this.peer, apex);
      } catch (error) {
        if (Date.now() > until) throw error;
        await pause(100);
      }
    }
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.peer.stop();
  }
}
