import {
  decodeMessage,
  encodeMessage,
  Name,
  queryFor,
  readZoneFile,
  typeCode,
  type Edns,
  type Message,
  type Question,
  type RR,
} from '@callbook/dns';
import { anchor, apex, denialKey, now } from '../signed-zone.fixture.js';
import { validate, type TrustAnchor, type Verdict } from '@callbook/dnssec';
import { ServedZone } from '../zone/served-zone.js';
import { ZoneStore } from '../zone/zone-store.js';
import { createResponder, type ResponderDeps } from './pipeline.js';
import type { Carrier, Client, Responder } from './responder.js';

export const dnssec: Edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: false, options: [] };

export const client = (carrier: Carrier = 'udp', address: readonly number[] = [192, 0, 2, 1]): Client => ({
  carrier,
  address: Uint8Array.from(address),
  addressStart: 0,
  addressLength: address.length === 4 ? 4 : 16,
});

export interface Asked {
  readonly carrier?: Carrier;
  readonly edns?: Edns;
  readonly changes?: Partial<Message>;
}

/** A responder and what it is asked with: messages go through the other codec both ways. */
export interface Asking {
  readonly responder: Responder;
  readonly zone: ServedZone;
  readonly counted: string[];
  /** Octets that answer octets; undefined: silence. */
  answer(packet: Uint8Array, from?: Client): Uint8Array | undefined;
  ask(name: string | Name, type: string | number, asked?: Asked): Message;
  validate(
    name: string | Name,
    type: string | number,
    given?: { compactOk?: boolean; anchor?: TrustAnchor },
  ): Promise<Verdict>;
}

export const unsignedZone = (text: string, origin: Name = apex): RR[] => readZoneFile(text, { origin, ttl: 300 });

export function askingFor(
  records: readonly RR[] | undefined,
  deps: Partial<ResponderDeps> = {},
  origin: Name = apex,
): Asking {
  const zone = new ServedZone(origin);
  if (records) zone.serve(ZoneStore.of(origin, records));
  const counted: string[] = [];
  const responder = createResponder({
    view: zone.view(),
    denialKeys: () => denialKey,
    udpLimit: 1_232,
    clock: () => now,
    count: (carrier, rcode) => counted.push(`${carrier} ${rcode}`),
    ...deps,
  });
  const out = new Uint8Array(70_000);
  const answer = (packet: Uint8Array, from: Client = client()) => {
    // Not at the beginning of either, so that offsets that count from there show.
    const room = new Uint8Array(packet.length + 7);
    room.set(packet, 5);
    const length = responder.respond(room, 5, 5 + packet.length, out, 11, from);
    return length === 0 ? undefined : out.slice(11, 11 + length);
  };
  const ask = (name: string | Name, type: string | number, { carrier, edns, changes }: Asked = {}) => {
    const question = questionOf(name, type);
    const message = {
      ...queryFor(question, 4_711, { recursionDesired: true, ...(edns && { edns }) }),
      ...changes,
    };
    return decodeMessage(answer(encodeMessage(message), client(carrier))!);
  };
  return {
    responder,
    zone,
    counted,
    answer,
    ask,
    validate: (name, type, { compactOk = false, anchor: from = anchor } = {}) =>
      validate(questionOf(name, type), {
        exchange: async (question) =>
          ask(question.name, question.type, { edns: { ...dnssec, compactOk }, carrier: 'tcp' }),
        anchors: [from],
        now: now / 1_000,
      }),
  };
}

const questionOf = (name: string | Name, type: string | number): Question => ({
  name: typeof name === 'string' ? Name.parse(name) : name,
  type: typeof type === 'string' ? typeCode(type) : type,
  class: 1,
});

export const typesOf = (records: readonly { type: number }[]): number[] => records.map(({ type }) => type);
