import { ds, dnskey, Name, naptr, Rcode, RRType, rrsig, type Message, type RR } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { golden, goldenTime, goldenZones } from './testdata/golden.js';
import { zoneServer, type Edit } from './testdata/zone-server.js';
import { validate, type Verdict } from './validate.js';

const apex = 'callbook.example.';
const node = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const federated = golden('federated.zone');

interface Asked {
  zone?: string;
  zones?: RR[][];
  edit?: Edit;
  anchors?: { zone: Name; ds?: Uint8Array; dnskey?: Uint8Array }[];
  now?: number;
  maxSignatures?: number;
}

function anchorsOf(zone: string) {
  return golden(`${zone}.ds`).map(({ name, rdata }) => ({ zone: name, ds: rdata }));
}

function ask(name: string, type: number, asked: Asked = {}): Promise<Verdict> {
  const zone = asked.zone ?? 'bind-13';
  return validate(
    { name: Name.parse(name), type, class: 1 },
    {
      exchange: zoneServer(asked.zones ?? [golden(`${zone}.zone`), federated], asked.edit),
      anchors: asked.anchors ?? anchorsOf(zone),
      now: asked.now ?? goldenTime,
      ...(asked.maxSignatures === undefined ? {} : { maxSignatures: asked.maxSignatures }),
    },
  );
}

const answer = expect.objectContaining({ status: 'secure', kind: 'answer' });
const nodata = expect.objectContaining({ status: 'secure', kind: 'nodata' });
const nxdomain = expect.objectContaining({ status: 'secure', kind: 'nxdomain' });
const bogus = (reason: string) => ({ status: 'bogus', reason });

const without =
  (...types: number[]): Edit =>
  (reply) => {
    const kept = (rrs: readonly RR[]) =>
      rrs.filter(({ type, rdata }) => !types.includes(type === RRType.RRSIG ? rrsig.read(rdata).typeCovered : type));
    return { ...reply, answers: kept(reply.answers), authorities: kept(reply.authorities) };
  };
const unsigned: Edit = (reply) => ({
  ...reply,
  answers: reply.answers.filter(({ type }) => type !== RRType.RRSIG),
  authorities: reply.authorities.filter(({ type }) => type !== RRType.RRSIG),
});
const onlyFor =
  (name: string, edit: Edit): Edit =>
  (reply, question) =>
    question.name.equals(Name.parse(name)) ? edit(reply, question) : reply;

describe.each(goldenZones)('in the zone signed by %s', (zone) => {
  it('a number has a secure NAPTR set, whatever the case of the question', async () => {
    const verdict = await ask(node.toUpperCase(), RRType.NAPTR, { zone });
    expect(verdict).toEqual(answer);
    const rrset = verdict.status === 'secure' ? verdict.rrset : undefined;
    expect(rrset?.rdatas.map((rdata) => naptr.read(rdata).regexp).sort()).toEqual([
      '!^.*$!mailto:alice@example.org!',
      '!^.*$!sip:alice@example.net!',
    ]);
  });

  it.each([
    ['a key record', `_smimecert.${node}`, RRType.SMIMEA, answer],
    ['the keys of the zone', apex, RRType.DNSKEY, answer],
    ['an alias', 'ALIAS.callbook.example.', RRType.NAPTR, answer],
    ['a name under a DNAME', '3.2.1.0.0.9.0.0.7.7.4.4.moved.callbook.example.', RRType.NAPTR, answer],
    ['a name that a wildcard makes', 'some.thing.wild.callbook.example.', RRType.TXT, answer],
    ['the wildcard itself', '*.wild.callbook.example.', RRType.TXT, answer],
    ['a number without that type', node, RRType.A, nodata],
    ['the apex without that type', apex, RRType.NAPTR, nodata],
    ['a digit (an empty non-terminal)', '0.9.0.0.7.7.4.4.e164.callbook.example.', RRType.NAPTR, nodata],
    ['a wildcard without that type', 'thing.wild.callbook.example.', RRType.A, nodata],
    ['an empty non-terminal beside a wildcard', 'exact.wild.callbook.example.', RRType.TXT, nodata],
    ['an unsigned delegation, asked for DS', 'unsigned.callbook.example.', RRType.DS, nodata],
    ['a number after all', '9.9.9.4.4.e164.callbook.example.', RRType.NAPTR, nxdomain],
    ['a number before all', '0.4.4.e164.callbook.example.', RRType.NAPTR, nxdomain],
    ['a name below a number', `0.${node}`, RRType.NAPTR, nxdomain],
    ['a name that sorts last', 'zzz.callbook.example.', RRType.NAPTR, nxdomain],
    ['an alias to nothing', 'dangling.callbook.example.', RRType.NAPTR, nxdomain],
    ['a name below what the wildcard does not reach', 'no.exact.wild.callbook.example.', RRType.TXT, nxdomain],
    ['a signed zone below', `4.3.2.1.0.0.9.0.0.7.7.4.4.federated.${apex}`, RRType.NAPTR, answer],
    ['a digit in a signed zone below', `9.0.0.7.7.4.4.federated.${apex}`, RRType.NAPTR, nodata],
    ['nothing in a signed zone below', `5.federated.${apex}`, RRType.NAPTR, nxdomain],
    ['an unsigned zone below', 'www.unsigned.callbook.example.', RRType.A, { status: 'insecure' }],
    ['a loop of aliases', 'loop.callbook.example.', RRType.A, bogus('ALIAS_TOO_LONG')],
  ] as const)('%s gets its verdict', async (_what, name, type, verdict) => {
    // Opt-out leaves the zone unable to deny what could be an unsigned delegation (RFC 5155 §8.6, §9.2).
    const undeniable = verdict === nxdomain ? !name.includes('5.federated') : name.includes('thing.wild');
    const optedOut =
      ['ldns-13', 'bind-13-opt-out'].includes(zone) &&
      (undeniable || (zone === 'bind-13-opt-out' && name.startsWith('unsigned.')));
    expect(await ask(name, type, { zone })).toEqual(optedOut ? { status: 'insecure' } : verdict);
  });

  it('a denial without its records is bogus', async () => {
    const edit = without(RRType.NSEC, RRType.NSEC3);
    expect(await ask('zzz.callbook.example.', RRType.A, { zone, edit })).toEqual(bogus('DENIAL_INSUFFICIENT'));
    expect(await ask(node, RRType.A, { zone, edit })).toEqual(bogus('DENIAL_INSUFFICIENT'));
  });

  it('a wildcard answer without proof that no closer name exists is bogus', async () => {
    const edit = onlyFor('thing.wild.callbook.example.', without(RRType.NSEC, RRType.NSEC3));
    expect(await ask('thing.wild.callbook.example.', RRType.TXT, { zone, edit })).toEqual(bogus('DENIAL_INSUFFICIENT'));
  });

  it('the answer of a wildcard cannot stand in for a name that exists', async () => {
    const wildcard = golden(`${zone}.zone`).filter(
      ({ name, type, rdata }) =>
        name.equals(Name.parse('*.wild.callbook.example.')) &&
        (type === RRType.TXT || (type === RRType.RRSIG && rrsig.read(rdata).typeCovered === RRType.TXT)),
    );
    const name = 'deep.exact.wild.callbook.example.';
    const edit = onlyFor(name, (reply) => ({
      ...reply,
      answers: wildcard.map((rr) => ({ ...rr, name: Name.parse(name) })),
      authorities: golden(`${zone}.zone`).filter(({ type, rdata }) =>
        [RRType.NSEC, RRType.NSEC3].includes((type === RRType.RRSIG ? rrsig.read(rdata).typeCovered : type) as 47 | 50),
      ),
    }));
    expect(await ask(name, RRType.TXT, { zone, edit })).toEqual(bogus('DENIAL_INSUFFICIENT'));
  });
});

describe('forgery', () => {
  it('stripping signatures from an answer, a denial, a key set or a DS makes it bogus', async () => {
    expect(await ask(node, RRType.NAPTR, { edit: onlyFor(node, unsigned) })).toEqual(bogus('SIGNATURE_MISSING'));
    expect(await ask(node, RRType.A, { edit: onlyFor(node, unsigned) })).toEqual(bogus('SIGNATURE_MISSING'));
    expect(await ask(node, RRType.NAPTR, { edit: onlyFor(apex, unsigned) })).toEqual(bogus('SIGNATURE_MISSING'));
    const child = `federated.${apex}`;
    expect(await ask(`4.${child}`, RRType.A, { edit: onlyFor(child, unsigned) })).toEqual(bogus('SIGNATURE_MISSING'));
  });

  it('naming a signer above the trust anchor does not turn security off', async () => {
    const edit = onlyFor(node, (reply) => ({
      ...reply,
      answers: reply.answers.map((rr) =>
        rr.type === RRType.RRSIG
          ? { ...rr, rdata: rrsig.write({ ...rrsig.read(rr.rdata), signer: Name.parse('example.') }) }
          : rr,
      ),
    }));
    expect(await ask(node, RRType.NAPTR, { edit })).toEqual(bogus('SIGNATURE_MISSING'));
  });

  it('naming a signer that is no zone is bogus', async () => {
    const edit = onlyFor(node, (reply) => ({
      ...reply,
      answers: reply.answers.map((rr) =>
        rr.type === RRType.RRSIG
          ? { ...rr, rdata: rrsig.write({ ...rrsig.read(rr.rdata), signer: Name.parse(`e164.${apex}`) }) }
          : rr,
      ),
    }));
    expect(await ask(node, RRType.NAPTR, { edit })).toEqual(bogus('SIGNER_NOT_ZONE'));
  });

  it('a record changed on the way is bogus', async () => {
    const edit = onlyFor(node, (reply) => ({
      ...reply,
      answers: reply.answers.map((rr) =>
        rr.type === RRType.NAPTR ? { ...rr, rdata: naptr.write({ ...naptr.read(rr.rdata), order: 1 }) } : rr,
      ),
    }));
    expect(await ask(node, RRType.NAPTR, { edit })).toEqual(bogus('SIGNATURE_INVALID'));
  });

  it('a response code that contradicts the proof is bogus', async () => {
    const edit: Edit = (reply) => ({ ...reply, rcode: Rcode.NXDOMAIN });
    const digit = '0.9.0.0.7.7.4.4.e164.callbook.example.';
    expect(await ask(digit, RRType.NAPTR, { edit: onlyFor(digit, edit) })).toEqual(bogus('DENIAL_INSUFFICIENT'));
  });

  it("the parent's NSEC at a cut says nothing of the zone below", async () => {
    const parent = golden('bind-13.zone');
    const child = `4.3.2.1.0.0.9.0.0.7.7.4.4.federated.${apex}`;
    const edit = onlyFor(child, (reply) => ({
      ...reply,
      rcode: Rcode.NXDOMAIN,
      answers: [],
      authorities: parent.filter(
        ({ type, rdata }) => (type === RRType.RRSIG ? rrsig.read(rdata).typeCovered : type) === RRType.NSEC,
      ),
    }));
    expect(await ask(child, RRType.NAPTR, { edit })).toEqual(bogus('DENIAL_INSUFFICIENT'));
    const atCut = onlyFor(`federated.${apex}`, (reply, { type }) =>
      type === RRType.MX ? { ...edit(reply, { name: Name.parse(child), type, class: 1 }), rcode: 0 } : reply,
    );
    expect(await ask(`federated.${apex}`, RRType.MX, { edit: atCut })).toEqual(bogus('DENIAL_INSUFFICIENT'));
  });

  it("a zone's own NSEC at its apex does not deny its DS", async () => {
    const denial = golden('bind-13.zone').filter(
      ({ name, type, rdata }) =>
        name.equals(Name.parse(apex)) && (type === RRType.RRSIG ? rrsig.read(rdata).typeCovered : type) === RRType.NSEC,
    );
    const edit: Edit = (reply, { type }) =>
      type === RRType.DS ? { ...reply, answers: [], authorities: denial } : reply;
    expect(await ask(apex, RRType.DS, { edit })).toMatchObject({ status: 'insecure' }); // No anchor covers the parent.
    const root = { zone: Name.root, ds: (anchorsOf('bind-13')[1] as { ds: Uint8Array }).ds };
    expect(await ask(apex, RRType.DS, { edit, anchors: [...anchorsOf('bind-13'), root] })).toMatchObject({
      status: 'bogus',
    });
  });

  it('records outside the class that was asked for are not looked at', async () => {
    const edit = onlyFor(node, (reply) => ({ ...reply, answers: reply.answers.map((rr) => ({ ...rr, class: 3 })) }));
    expect(await ask(node, RRType.NAPTR, { edit })).toMatchObject({ status: 'bogus' });
  });
});

describe('trust anchors', () => {
  const key = golden('bind-13.zone').find(
    ({ type, rdata }) => type === RRType.DNSKEY && dnskey.read(rdata).flags === 257,
  ) as RR;

  it('may be a key instead of its digest', async () => {
    expect(await ask(node, RRType.NAPTR, { anchors: [{ zone: key.name, dnskey: key.rdata }] })).toEqual(answer);
  });

  it('of another key are not satisfied', async () => {
    expect(await ask(node, RRType.NAPTR, { anchors: anchorsOf('bind-15') })).toEqual(bogus('KEY_NOT_FOUND'));
  });

  it('that cover nothing leave the name insecure', async () => {
    expect(await ask(node, RRType.NAPTR, { anchors: [] })).toEqual({ status: 'insecure' });
    const elsewhere = [{ zone: Name.parse('example.net.'), dnskey: key.rdata }];
    expect(await ask(node, RRType.NAPTR, { anchors: elsewhere })).toEqual({ status: 'insecure' });
  });

  it('that we cannot follow make the zone bogus, not insecure', async () => {
    const unknown = ds.write({ keyTag: 1, algorithm: 250, digestType: 2, digest: new Uint8Array(32) });
    const anchors = [{ zone: Name.parse(apex), ds: unknown }];
    expect(await ask(node, RRType.NAPTR, { anchors })).toEqual(bogus('TRUST_ANCHOR_UNUSABLE'));
  });

  it('the nearest one counts', async () => {
    const child = federated.find(({ type, rdata }) => type === RRType.DNSKEY && dnskey.read(rdata).flags === 257) as RR;
    const anchors = [...anchorsOf('bind-15'), { zone: child.name, dnskey: child.rdata }];
    expect(await ask(`4.3.2.1.0.0.9.0.0.7.7.4.4.federated.${apex}`, RRType.NAPTR, { anchors })).toEqual(answer);
  });
});

describe('replies', () => {
  const failing =
    (change: Partial<Message>): Edit =>
    (reply) => ({ ...reply, ...change });

  it('to another question, cut off, or of failure are bogus with the cause', async () => {
    const other = { name: Name.parse('other.callbook.example.'), type: RRType.NAPTR, class: 1 };
    const asked = (edit: Edit) => ask(node, RRType.NAPTR, { edit });
    expect(await asked(failing({ questions: [other] }))).toEqual(bogus('ANSWER_MISMATCH'));
    expect(await asked(failing({ response: false }))).toEqual(bogus('ANSWER_MISMATCH'));
    expect(await asked(failing({ truncated: true }))).toEqual(bogus('SERVER_FAILED'));
    expect(await asked(failing({ rcode: Rcode.SERVFAIL }))).toEqual(bogus('SERVER_FAILED'));
  });

  it('with rdata that cannot be read are bogus', async () => {
    const edit = onlyFor(apex, (reply) => ({
      ...reply,
      answers: reply.answers.map((rr) => (rr.type === RRType.RRSIG ? { ...rr, rdata: rr.rdata.subarray(0, 9) } : rr)),
    }));
    expect(await ask(node, RRType.NAPTR, { edit })).toMatchObject({ status: 'bogus' });
  });

  it('that do not come are the caller’s to see', async () => {
    const exchange = () => Promise.reject(new Error('no route to host'));
    const question = { name: Name.parse(node), type: RRType.NAPTR, class: 1 };
    await expect(validate(question, { exchange, anchors: anchorsOf('bind-13'), now: goldenTime })).rejects.toThrow(
      'no route',
    );
  });

  it.each([RRType.ANY, RRType.RRSIG, RRType.NXNAME, RRType.OPT])(
    'to questions for type %i cannot be proven',
    async (type) => {
      expect(await ask(node, type)).toEqual(bogus('TYPE_NOT_DATA'));
    },
  );

  it('live no longer than their signatures', async () => {
    const now = Date.UTC(2027, 0, 1) / 1000 - 60;
    const verdict = await ask(node, RRType.NAPTR, { now });
    expect(verdict).toMatchObject({ status: 'secure', rrset: { ttl: 60 } });
  });
});
