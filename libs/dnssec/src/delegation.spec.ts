import { ds, Name, RRType, type Question, type RRset } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { dsOf } from './ds.js';
import { liveAnswer, liveTime, liveZone, type LiveZone } from './testdata/compact-server.js';
import { validate } from './validate.js';

const parentApex = Name.parse('callbook.example.');
const childApex = Name.parse('4.4.e164.callbook.example.');
const node = Name.parse('3.2.1.4.4.e164.callbook.example.');
const text: RRset = { name: node, type: RRType.TXT, class: 1, ttl: 300, rdatas: [Buffer.from('\x01a')] };
const child = liveZone(childApex, [text]);
const sha1 = dsOf(childApex, child.key.rdata, 1);
const sha256 = dsOf(childApex, child.key.rdata, 2);
const sha384 = dsOf(childApex, child.key.rdata, 4);
const changed = (rdata: Uint8Array, change: Partial<ReturnType<typeof ds.read>>) =>
  ds.write({ ...ds.read(rdata), ...change });

function below(dsRdatas: Uint8Array[], zoneBelow: LiveZone = child) {
  const cut = { name: childApex, class: 1, ttl: 300 };
  const parent = liveZone(parentApex, [
    { ...cut, type: RRType.NS, rdatas: [Name.parse('ns.example.net.').wire] },
    ...(dsRdatas.length > 0 ? [{ ...cut, type: RRType.DS, rdatas: dsRdatas }] : []),
  ]);
  const exchange = (question: Question) => {
    const inChild = question.name.isWithin(childApex) && question.type !== RRType.DS;
    return Promise.resolve(liveAnswer(inChild ? zoneBelow : parent, question, true));
  };
  const anchors = [{ zone: parentApex, dnskey: parent.key.rdata }];
  return validate({ name: node, type: RRType.TXT, class: 1 }, { exchange, anchors, now: liveTime });
}

describe('a zone below ours is', () => {
  const secure = expect.objectContaining({ status: 'secure', kind: 'answer' });

  it('secure through a DS of any digest we know', async () => {
    for (const rdata of [sha1, sha256, sha384]) expect(await below([rdata])).toEqual(secure);
  });

  it('secure through one of several DS, when others are of keys it does not have yet', async () => {
    expect(
      await below([changed(sha256, { keyTag: 1 }), sha256, changed(sha384, { digest: new Uint8Array(48) })]),
    ).toEqual(secure);
  });

  it('not reached by SHA-1 where a better digest stands beside it (RFC 4509 §3)', async () => {
    const wrong = changed(sha256, { digest: new Uint8Array(32) });
    expect(await below([sha1, wrong])).toEqual({ status: 'bogus', reason: 'KEY_NOT_FOUND' });
  });

  it('insecure when it has no DS, or only such as we cannot follow (RFC 4035 §5.2)', async () => {
    expect(await below([])).toEqual({ status: 'insecure' });
    expect(await below([changed(sha256, { algorithm: 250 })])).toEqual({ status: 'insecure' });
    expect(await below([changed(sha256, { digestType: 250 })])).toEqual({ status: 'insecure' });
  });

  it('bogus when its keys are not those of the DS', async () => {
    expect(await below([sha256], liveZone(childApex, [text]))).toEqual({ status: 'bogus', reason: 'KEY_NOT_FOUND' });
  });

  it('bogus when no cut is where its signatures say', async () => {
    const elsewhere = liveZone(childApex.parent(), [text]);
    expect(await below([sha256], elsewhere)).toMatchObject({ status: 'bogus' });
  });
});
