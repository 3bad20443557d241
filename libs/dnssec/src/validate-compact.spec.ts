import { Name, nsec, Rcode, RRType, type Message, type RRset } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { compactDenial } from './compact-denial.js';
import { liveAnswer, liveTime, liveZone, signedBy } from './testdata/compact-server.js';
import { emptyReply } from './testdata/zone-server.js';
import { validate } from './validate.js';

const apex = Name.parse('callbook.example.');
const node = Name.parse('3.2.1.e164.callbook.example.');
const text: RRset = { name: node, type: RRType.TXT, class: 1, ttl: 300, rdatas: [Buffer.from('\x01a')] };
const zone = liveZone(apex, [text]);
const anchors = [{ zone: apex, dnskey: zone.key.rdata }];

function ask(name: string, type: number, compactOk: boolean, edit = (reply: Message): Message => reply) {
  return validate(
    { name: Name.parse(name), type, class: 1 },
    {
      exchange: (question) => {
        const reply = liveAnswer(zone, question, compactOk);
        return Promise.resolve(question.type === RRType.DNSKEY ? reply : edit(reply));
      },
      anchors,
      now: liveTime,
    },
  );
}

describe.each([true, false])('compact denial (RFC 9824), CO %s', (compactOk) => {
  it.each([
    ['a number', '3.2.1.E164.callbook.example.', RRType.TXT, 'answer'],
    ['a number without that type', '3.2.1.E164.callbook.example.', RRType.A, 'nodata'],
    ['a digit (an empty non-terminal)', '2.1.e164.callbook.example.', RRType.TXT, 'nodata'],
    ['a number before it', '2.2.1.E164.callbook.example.', RRType.TXT, 'nxdomain'],
    ['a number after it', '4.2.1.e164.callbook.example.', RRType.TXT, 'nxdomain'],
    ['a number below it', '0.3.2.1.e164.callbook.example.', RRType.TXT, 'nxdomain'],
    ['nothing, asked for DS', '9.e164.callbook.example.', RRType.DS, 'nxdomain'],
  ])('proves its kind of answer for %s', async (_what, name, type, kind) => {
    expect(await ask(name, type, compactOk)).toMatchObject({ status: 'secure', kind });
  });
});

describe('a compact denial', () => {
  const denial =
    (set: RRset) =>
    (reply: Message): Message => ({
      ...emptyReply(reply.questions[0] as Message['questions'][0]),
      authorities: signedBy(zone, set),
    });

  it('of one name proves nothing about another', async () => {
    const replayed = denial(compactDenial(Name.parse('2.2.1.e164.callbook.example.'), 'nxname', 300));
    expect(await ask('3.2.1.e164.callbook.example.', RRType.TXT, true, replayed)).toEqual({
      status: 'bogus',
      reason: 'DENIAL_INSUFFICIENT',
    });
  });

  it('that says NXNAME and a type is no proof', async () => {
    const types = [RRType.TXT, RRType.RRSIG, RRType.NSEC, RRType.NXNAME];
    const rdatas = [nsec.write({ next: node.prepend(Uint8Array.of(0)), types })];
    const odd = denial({ name: node, type: RRType.NSEC, class: 1, ttl: 300, rdatas });
    expect(await ask(node.toString(), RRType.A, true, odd)).toMatchObject({ status: 'bogus' });
  });

  it('of an existing name does not go with NXDOMAIN', async () => {
    const contradicted = (reply: Message): Message => ({ ...reply, rcode: Rcode.NXDOMAIN });
    expect(await ask(node.toString(), RRType.A, true, contradicted)).toMatchObject({ status: 'bogus' });
  });

  it('made from a wildcard is not taken for one at the name itself (CVE-2017-15105)', async () => {
    const wildcard = Name.parse('*.callbook.example.');
    const rdatas = [nsec.write({ next: Name.parse('zzz.callbook.example.'), types: [RRType.RRSIG, RRType.NSEC] })];
    const [record, sig] = signedBy(zone, { name: wildcard, type: RRType.NSEC, class: 1, ttl: 300, rdatas });
    const moved = (reply: Message): Message => ({
      ...emptyReply(reply.questions[0] as Message['questions'][0]),
      authorities: [record, sig].map((rr) => ({ ...(rr as NonNullable<typeof rr>), name: node })),
    });
    expect(await ask(node.toString(), RRType.A, true, moved)).toEqual({
      status: 'bogus',
      reason: 'DENIAL_INSUFFICIENT',
    });
  });
});
