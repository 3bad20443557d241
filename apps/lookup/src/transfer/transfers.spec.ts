import {
  decodeMessage,
  encodeMessage,
  Name,
  queryFor,
  Rcode,
  RRType,
  signRequest,
  TsigStreamVerifier,
  tsigKeyOf,
  verifyResponse,
  type Message,
  type RR,
} from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import type { Carrier } from '../answer/responder.js';
import { apex, now } from '../signed-zone.fixture.js';
import { clientAt } from '../streams/client.js';
import type { StreamSession } from '../streams/transfers.js';
import { addressRuleOf } from './access.js';
import { applied, ChangingZone, texts } from './changing-zone.fixture.js';
import { ZoneHistory } from './history.js';
import { createTransfers, type TransferDeps } from './transfers.js';

const key = tsigKeyOf('transfer.example=hmac-sha256:c2VjcmV0');
const session: StreamSession = { encrypted: false, signal: new AbortController().signal };
const seconds = now / 1_000;

/** Numbers that look random, always the same. */
const sequence = () => {
  let state = 1;
  return (from: number, to: number) => from + ((state = (state * 48_271) % 2_147_483_647) % (to - from));
};

function primary(serial = 1, changes = 0, deps: Partial<TransferDeps> = {}) {
  const zone = new ChangingZone(serial, sequence());
  const history = new ZoneHistory(1e7);
  const counts: string[] = [];
  const transfer = createTransfers({
    ...{ apex, pin: () => zone.pin(), history, atOnce: 2, clock: () => now },
    rules: { allow: [addressRuleOf('192.0.2.1')], keys: [key] },
    count: (carrier, rcode) => counts.push(`${carrier} ${rcode}`),
    ...deps,
  });
  const change = () => history.add(zone.change());
  for (let left = changes; left > 0; left -= 1) change();
  return { zone, change, counts, transfer };
}

const edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: false, options: [] };
const axfr = (name: string | Name = apex, given: Partial<Message> = {}) =>
  encodeMessage({
    ...queryFor({ name: typeof name === 'string' ? Name.parse(name) : name, type: RRType.AXFR, class: 1 }, 77),
    ...given,
  });
const ixfr = (authorities: readonly RR[]) =>
  encodeMessage({ ...queryFor({ name: apex, type: RRType.IXFR, class: 1 }, 78), authorities });

async function answers(
  { transfer }: ReturnType<typeof primary>,
  query: Uint8Array,
  { address = '192.0.2.1', carrier = 'tcp' as Carrier, over = session } = {},
): Promise<Uint8Array[] | undefined> {
  const messages = transfer(query, clientAt(address, carrier), over);
  if (!messages) return undefined;
  const received: Uint8Array[] = [];
  for await (const message of messages) received.push(message);
  return received;
}

const recordsIn = (messages: readonly Uint8Array[] | undefined) =>
  messages!.flatMap((each) => decodeMessage(each).answers);
const rcodeOf = (messages: readonly Uint8Array[] | undefined) => messages?.map((each) => decodeMessage(each).rcode);

describe('AXFR', () => {
  it('is the SOA, every record, the SOA, in messages that repeat the question and fit where pointers reach', async () => {
    const served = primary(1, 150);
    const messages = await answers(served, axfr(apex, { edns }));
    const records = recordsIn(messages);
    expect(records).toHaveLength(served.zone.records().length + 1);
    expect(texts(records.slice(1))).toEqual(texts(served.zone.records()));
    expect([records[0], records.at(-1)]).toEqual([served.zone.soa, served.zone.soa]);
    expect(messages!.length).toBeGreaterThan(2);
    for (const octets of messages!) {
      expect(octets.length).toBeLessThan(16_384);
      const { questions, edns: opt, ...header } = decodeMessage(octets);
      expect(header).toMatchObject({ id: 77, response: true, authoritative: true, truncated: false });
      expect(questions).toEqual([{ name: apex, type: RRType.AXFR, class: 1 }]);
      expect(opt).toMatchObject({ dnssecOk: true, version: 0 });
    }
    expect([served.counts, served.zone.pins]).toEqual([['tcp 0'], 0]);
  });

  it('keeps the case of names, however the client spells the zone (RFC 5936 §3.4)', async () => {
    const served = primary(1, 5);
    const [first] = (await answers(served, axfr('CallBook.EXAMPLE.')))!;
    expect(decodeMessage(first!).questions[0]!.name.toString()).toBe('CallBook.EXAMPLE.');
    expect(texts(decodeMessage(first!).answers.slice(1))).toEqual(texts(served.zone.records()));
  });

  it('is of one version, though the zone changes while the client reads', async () => {
    const served = primary(1, 60);
    const before = texts(served.zone.records());
    const received: RR[] = [];
    for await (const message of served.transfer(axfr(), clientAt('192.0.2.1', 'tcp'), session)!) {
      received.push(...decodeMessage(message).answers);
      served.change();
    }
    expect(texts(received.slice(1))).toEqual(before);
  });

  it('lets go of its version when the client goes away', async () => {
    const served = primary(1, 60);
    for await (const _ of served.transfer(axfr(), clientAt('192.0.2.1', 'tcp'), session)!) break;
    expect(served.zone.pins).toBe(0);
    const closed = new AbortController();
    const messages = served.transfer(axfr(), clientAt('192.0.2.1', 'tcp'), { ...session, signal: closed.signal })!;
    for await (const _ of messages) closed.abort();
    expect(served.zone.pins).toBe(0);
  });

  it('is for so many at once, and the next is told to come again', async () => {
    const served = primary(1, 60);
    const open = [1, 2].map(() =>
      served.transfer(axfr(), clientAt('192.0.2.1', 'tcp'), session)![Symbol.asyncIterator](),
    );
    for (const each of open) await each.next();
    expect(rcodeOf(await answers(served, axfr()))).toEqual([Rcode.SERVFAIL]);
    await open[0]!.return!();
    expect(recordsIn(await answers(served, axfr())).length).toBeGreaterThan(100);
  });

  it.each([
    ['another address', axfr(), { address: '192.0.2.2' }, Rcode.REFUSED],
    ['DNS over HTTPS', axfr(), { carrier: 'https' as Carrier }, Rcode.REFUSED],
    ['TLS before 1.3', axfr(), { over: { ...session, encrypted: true, tlsVersion: 'TLSv1.2' } }, Rcode.REFUSED],
    ['a zone above', axfr('example.'), {}, Rcode.NOTAUTH],
    ['a name in the zone', axfr('ns1.callbook.example.'), {}, Rcode.NOTAUTH],
    ['IXFR that does not say from where', ixfr([]), {}, Rcode.FORMERR],
  ])('is refused: %s', async (_, query, from, rcode) => {
    const served = primary(1, 5);
    expect(rcodeOf(await answers(served, query, from))).toEqual([rcode]);
  });

  it('of a zone that is not there yet is SERVFAIL', async () => {
    expect(rcodeOf(await answers(primary(1, 0, { pin: () => undefined }), axfr()))).toEqual([Rcode.SERVFAIL]);
  });

  it.each([
    ['an ordinary query', encodeMessage(queryFor({ name: apex, type: RRType.SOA, class: 1 }, 1))],
    ['another class', encodeMessage(queryFor({ name: apex, type: RRType.AXFR, class: 3 }, 1))],
    ['a NOTIFY', axfr(apex, { opcode: 4 })],
    ['a response', axfr(apex, { response: true })],
    ['a newer EDNS', axfr(apex, { edns: { ...edns, version: 1 } })],
    ['octets that are no message', axfr().subarray(0, 20)],
  ])('is not what %s asks for', async (_, query) => {
    expect(await answers(primary(), query)).toBeUndefined();
  });
});

describe('AXFR with TSIG', () => {
  const signed = signRequest(axfr(), key, seconds);
  const anywhere = { address: '198.51.100.1' };

  it('is for whoever has the key, wherever they are, and every message of it is signed', async () => {
    const served = primary(1, 60);
    const messages = (await answers(served, signed.octets, anywhere))!;
    const verifier = new TsigStreamVerifier(key, signed.mac);
    const records = recordsIn(messages.map((each) => verifier.accept(each, seconds)));
    verifier.end();
    expect(texts(records.slice(1))).toEqual(texts(served.zone.records()));
    for (const each of messages) expect(decodeMessage(each).additionals).toMatchObject([{ type: RRType.TSIG }]);
  });

  it.each([
    ['BADKEY', signRequest(axfr(), tsigKeyOf('other.example=hmac-sha256:c2VjcmV0'), seconds)],
    ['BADSIG', signRequest(axfr(), { ...key, secret: Uint8Array.of(1) }, seconds)],
    ['BADTIME', signRequest(axfr(), key, seconds - 400)],
  ])('is refused with %s even where no key is needed', async (code, { octets, mac }) => {
    const messages = await answers(primary(1, 5), octets);
    expect(rcodeOf(messages)).toEqual([Rcode.NOTAUTH]);
    expect(() => verifyResponse(messages![0]!, key, mac, seconds)).toThrow(
      expect.objectContaining({ code, by: 'peer' }),
    );
  });

  it('signs a refusal too', async () => {
    const wrong = signRequest(axfr('example.'), key, seconds);
    const [octets] = (await answers(primary(), wrong.octets, anywhere))!;
    expect(decodeMessage(verifyResponse(octets!, key, wrong.mac, seconds)).rcode).toBe(Rcode.NOTAUTH);
  });
});

describe('IXFR', () => {
  it('leads a copy of any version to the newest, and over the end of the serials with the whole zone', async () => {
    const served = primary(4_294_967_290);
    const copies: { serial: number; soa: RR; records: RR[] }[] = [];
    for (let version = 0; version < 20; version += 1) {
      copies.push({ serial: served.zone.serial, soa: served.zone.soa, records: served.zone.records() });
      served.change();
    }
    expect(served.zone.serial).toBe(14);
    for (const { serial, soa, records } of copies) {
      const received = recordsIn(await answers(served, ixfr([soa])));
      expect([serial, received[1]!.type === RRType.SOA]).toEqual([serial, serial <= 14]);
      expect(texts(applied(records, received))).toEqual(texts(served.zone.records()));
    }
  });

  it('is one SOA for a client that has the newest, or is ahead', async () => {
    const served = primary(5, 3);
    const ahead = new ChangingZone(9, sequence()).soa;
    for (const soa of [served.zone.soa, ahead])
      expect(recordsIn(await answers(served, ixfr([soa])))).toEqual([served.zone.soa]);
  });

  it('is the whole zone for a serial that the history does not lead from, and when the zone is smaller', async () => {
    const served = primary(5, 3);
    const unknown = new ChangingZone(2, sequence()).soa;
    const oldest = new ChangingZone(5, sequence());
    const small = primary(5, 3, { pin: () => ({ ...served.zone.pin(), octets: 1_000 }) });
    for (const received of [
      recordsIn(await answers(served, ixfr([unknown]))),
      recordsIn(await answers(small, ixfr([oldest.soa]))),
    ])
      expect(texts(received.slice(1))).toEqual(texts(served.zone.records()));
  });

  it('is the whole zone while the history is behind it', async () => {
    const served = primary(5, 3);
    const { soa } = served.zone;
    served.zone.change();
    expect(recordsIn(await answers(served, ixfr([soa])))).toHaveLength(served.zone.records().length + 1);
  });
});
