import { randomBytes } from 'node:crypto';
import { Name, RRType, rrsig, type Question, type RR, type RRset } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { dsOf } from './ds.js';
import { keyTag } from './key-tag.js';
import { signRRset } from './sign-rrset.js';
import { emptyReply } from './testdata/zone-server.js';
import { validate, type Verdict } from './validate.js';
import { generateZoneKey, type ZoneKey } from './zone-key.js';

const zone = Name.parse('callbook.example.');
const now = 1_700_500_000;
const validity = { inception: now - 1000, expiration: now + 1000 };
const ksk = generateZoneKey(13, 257);
const name = Name.parse('3.2.1.e164.callbook.example.');
const text: RRset = { name, type: RRType.TXT, class: 1, ttl: 300, rdatas: [Buffer.from('\x01a')] };

/** A DNSKEY rdata with the tag of `key`, which nobody has the private key of. */
function colliding(key: ZoneKey): Uint8Array {
  for (;;) {
    const rdata = Buffer.concat([key.rdata.subarray(0, 4), randomBytes(62), Buffer.alloc(2)]);
    const missing = (key.tag - keyTag(rdata)) & 0xffff;
    // The sum may gain one by its carry (RFC 4034 appendix B), and so passes over a tag now and then: other octets, then.
    for (const word of [missing, missing - 1]) {
      rdata.writeUInt16BE(word & 0xffff, rdata.length - 2);
      if (keyTag(rdata) === key.tag) return rdata;
    }
  }
}

const rrs = (set: RRset): RR[] => set.rdatas.map((rdata) => ({ ...set, rdata }));
const garbage = (sig: RR): RR => ({
  ...sig,
  rdata: rrsig.write({ ...rrsig.read(sig.rdata), signature: randomBytes(64) }),
});

/** A zone with these keys, and these signatures before the good one. */
function hostileZone(keys: readonly Uint8Array[], before: (good: RR) => RR[], dsCount = 1) {
  let questions = 0;
  const keySet: RRset = { name: zone, type: RRType.DNSKEY, class: 1, ttl: 300, rdatas: keys };
  const signed = (set: RRset): RR[] => {
    const good = signRRset(set, { key: ksk, signer: zone }, validity);
    return [...rrs(set), ...before(good), good];
  };
  const exchange = (question: Question) => {
    questions += 1;
    const answers = question.type === RRType.DNSKEY ? signed(keySet) : signed(text);
    return Promise.resolve({ ...emptyReply(question), answers });
  };
  const ds = dsOf(zone, ksk.rdata);
  const wrong = Array.from({ length: dsCount - 1 }, () => Buffer.concat([ds.subarray(0, 4), randomBytes(32)]));
  const anchors = [...wrong, ds].map((rdata) => ({ zone, ds: rdata }));
  return {
    async verdict(maxSignatures?: number): Promise<Verdict> {
      const limits = maxSignatures === undefined ? {} : { maxSignatures };
      return validate({ name, type: RRType.TXT, class: 1 }, { exchange, anchors, now, ...limits });
    },
    asked: () => questions,
  };
}

const secure = expect.objectContaining({ status: 'secure', kind: 'answer' });

describe('a zone whose keys share a tag', () => {
  it('validates when two do, whichever comes first', async () => {
    const other = colliding(ksk);
    for (const keys of [
      [other, ksk.rdata],
      [ksk.rdata, other],
    ]) {
      expect(await hostileZone(keys, () => []).verdict()).toEqual(secure);
    }
  });

  it('costs a bounded number of verifications when hundreds do (KeyTrap, CVE-2023-50387)', async () => {
    const keys = [...Array.from({ length: 500 }, () => colliding(ksk)), ksk.rdata];
    const zoneOf = hostileZone(keys, (good) => Array.from({ length: 500 }, () => garbage(good)));
    const started = process.cpuUsage();
    expect(await zoneOf.verdict()).toMatchObject({ status: 'bogus' });
    // 500 × 500 verifications would take half a minute, of the processor and not of the clock: the machine may be busy.
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(4_000);
  });
});

describe('a zone with many signatures on one RRset', () => {
  it('validates when one of the first eight is good', async () => {
    const zoneOf = hostileZone([ksk.rdata], (good) => Array.from({ length: 7 }, () => garbage(good)));
    expect(await zoneOf.verdict()).toEqual(secure);
  });

  it('is bogus when the good one hides behind more', async () => {
    const zoneOf = hostileZone([ksk.rdata], (good) => Array.from({ length: 8 }, () => garbage(good)));
    expect(await zoneOf.verdict()).toEqual({ status: 'bogus', reason: 'SIGNATURE_INVALID' });
  });
});

describe('the limit on verifications', () => {
  it('ends a validation with its own reason', async () => {
    const zoneOf = hostileZone([ksk.rdata], () => []);
    expect(await zoneOf.verdict(1)).toEqual({ status: 'bogus', reason: 'VALIDATION_LIMIT' });
    expect(await zoneOf.verdict(2)).toEqual(secure);
  });

  it('has a like for digests of DS records', async () => {
    const keys = [...Array.from({ length: 120 }, () => colliding(ksk)), ksk.rdata];
    const zoneOf = hostileZone(keys, () => [], 200);
    expect(await zoneOf.verdict()).toEqual({ status: 'bogus', reason: 'VALIDATION_LIMIT' });
  });

  it('has a like for questions, so that a long name cannot walk us on and on', async () => {
    const deep = Name.ofLabels([...Array.from({ length: 110 }, () => Uint8Array.of(0x61)), ...zone.labels]);
    let asked = 0;
    const exchange = (question: Question) => {
      asked += 1;
      const keySet: RRset = { name: zone, type: RRType.DNSKEY, class: 1, ttl: 300, rdatas: [ksk.rdata] };
      const cname: RRset = { ...text, name: question.name, type: RRType.CNAME, rdatas: [zone.wire] };
      const set = question.type === RRType.DNSKEY ? keySet : cname;
      const sig = signRRset(set, { key: ksk, signer: zone }, validity);
      const answers = question.type === RRType.TXT ? rrs({ ...text, name: deep }) : [...rrs(set), sig];
      return Promise.resolve({ ...emptyReply(question), answers });
    };
    const anchors = [{ zone, dnskey: ksk.rdata }];
    const verdict = await validate({ name: deep, type: RRType.TXT, class: 1 }, { exchange, anchors, now });
    expect(verdict).toEqual({ status: 'bogus', reason: 'VALIDATION_LIMIT' });
    expect(asked).toBe(64);
  });
});
