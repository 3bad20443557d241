import { Name, queryFor, RRType, type Message, type Question, type RR, type RRset } from '@callbook/dns';
import { denialKeyAt } from '@callbook/contracts';
import { compactDenial, dsOf, generateZoneKey, signRRset, validate, type ZoneKey } from '@callbook/dnssec';
import { describe, expect, it } from 'vitest';
import { denialKeysDue, shortestRotation, signsFromOf, type RotatingKey } from './denial-rotation.js';

const hour = 3_600;
const day = 24 * hour;
const policy = { denialKeyEvery: 7 * day * 1_000, replicaLag: day * 1_000, zoneTtl: hour * 1_000 };

interface Shown extends RotatingKey {
  readonly key: ZoneKey;
}

/** The zone's denial keys as the signer keeps them, without a database: one look after another, each at a time of its own. */
class Ring {
  keys: Shown[] = [];
  made = 0;

  constructor(
    private readonly rules: typeof policy,
    readonly ksk: ZoneKey,
    now: number,
  ) {
    this.keys = [{ ...this.next(), signsFrom: now - hour }];
  }

  look(now: number): void {
    const due = denialKeysDue(this.keys, now, this.rules);
    if (due.make) this.keys = [{ ...this.next(), signsFrom: undefined }, ...this.keys];
    this.keys = this.keys
      .filter(({ tag }) => !due.retire.includes(tag))
      .map((key) => ({ ...key, signsFrom: key.signsFrom ?? signsFromOf(now, this.rules, 0) }));
  }

  private next(): { key: ZoneKey; tag: number } {
    this.made += 1;
    const taken = [this.ksk.tag, ...this.keys.map(({ tag }) => tag)];
    const key = generateZoneKey(13, 256, taken);
    return { key, tag: key.tag };
  }
}

describe('the denial key', () => {
  const start = 1_800_000_000;
  const states = (...signsFrom: (number | undefined)[]) =>
    signsFrom.map((from, n) => ({ tag: 9 - n, signsFrom: from }));

  it('has a successor that is shown a TTL and the lag of replicas before it signs', () => {
    const due = (now: number) => denialKeysDue(states(start), now, policy).make;
    expect([due(start), due(start + 7 * day - 25 * hour - 1), due(start + 7 * day - 25 * hour)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(signsFromOf(start, policy, 0)).toBe(start + 25 * hour);
    expect(signsFromOf(start, policy, 2 * day * 1_000), 'where the set had a longer TTL').toBe(start + 3 * day);
  });

  it('is shown for as long after it has signed', () => {
    const retired = (now: number) => denialKeysDue(states(start + 7 * day, start), now, policy).retire;
    expect(retired(start + 7 * day + 25 * hour - 1)).toEqual([]);
    expect(retired(start + 7 * day + 25 * hour)).toEqual([8]);
  });

  it('has no second successor while it is not known since when the first is shown', () => {
    expect(denialKeysDue(states(undefined, start), start + 100 * day, policy)).toEqual({ make: false, retire: [] });
  });

  it('is made where there is none', () => {
    expect(denialKeysDue([], start, policy)).toEqual({ make: true, retire: [] });
  });
});

/**
 * A year of a zone with several replicas and many caches. At each step the denials that any replica may sign, however far behind, now or
 * as old as a cache keeps them, are validated with every DNSKEY set that any cache may hold.
 */
describe.each([
  { every: 7 * day, lag: day, ttl: hour, look: hour / 2, away: [] as [number, number][] },
  { every: 7 * day, lag: day, ttl: day, look: 2 * hour, away: [[40 * day, 65 * day]] as [number, number][] },
  { every: 50 * hour, lag: day, ttl: hour, look: 5 * hour, away: [[10 * day, 11 * day]] as [number, number][] },
])(
  'over months, one key every $every s, replicas $lag s behind, DNSKEY for $ttl s',
  ({ every, lag, ttl, look, away }) => {
    const rules = { denialKeyEvery: every * 1_000, replicaLag: lag * 1_000, zoneTtl: ttl * 1_000 };
    const apex = Name.parse('callbook.example');
    const start = 1_800_000_000;
    const months = every * 8 + 30 * day;
    const denialTtl = 60;
    const ksk = generateZoneKey(13, 257);
    const ring = new Ring(rules, ksk, start);

    /** What the zone was, at each look. */
    const history: { at: number; keys: readonly Shown[] }[] = [];
    for (let at = start; at < start + months; at += look) {
      if (!away.some(([from, to]) => at - start >= from && at - start < to)) ring.look(at);
      history.push({ at, keys: ring.keys });
    }
    const zoneAt = (time: number) => history[Math.max(0, Math.floor((time - start) / look))] ?? history.at(-1)!;
    const dnskeysAt = (time: number) => zoneAt(time).keys.map(({ tag }) => tag);
    /** A replica that is behind has old keys and an old zone; its clock is right. */
    const signerAt = (time: number, behind: number) => {
      const { keys } = zoneAt(time - behind);
      return denialKeyAt(keys, new Set(keys.map(({ tag }) => tag)), time);
    };

    it('every denial verifies in every cache', () => {
      const lags = [0, 60, lag / 2, lag - 120];
      const bogus: string[] = [];
      for (let now = start + lag + ttl; now < start + months; now += Math.min(look, hour))
        for (const behind of lags) {
          const tag = signerAt(now, behind)?.tag;
          // Verified with what was cached before, or is fetched as long after as the denial is kept, from a replica that is behind as well.
          for (const fetched of [now - ttl, now - ttl / 2, now, now + denialTtl])
            for (const source of lags)
              if (tag === undefined || !dnskeysAt(fetched - source).includes(tag))
                bogus.push(`at ${now - start}, ${behind} s behind, keys of ${fetched - now} s, ${source} s behind`);
        }
      expect(bogus).toEqual([]);
    });

    it('the key changes as often as it should, never more than two are shown, and no two with one tag', () => {
      const signers = history.map(({ at }) => signerAt(at, 0)!.tag).filter((tag, n, all) => tag !== all[n - 1]);
      const quiet = away.reduce((sum, [from, to]) => sum + to - from, 0);
      expect(signers.length).toBeGreaterThanOrEqual(Math.floor((months - quiet) / (every + 2 * look)));
      expect(signers.length).toBeLessThanOrEqual(Math.ceil(months / every) + 1);
      expect(new Set(signers).size).toBe(signers.length);
      for (const { keys } of history) {
        expect(keys.length).toBeLessThanOrEqual(2);
        expect(new Set([ksk.tag, ...keys.map(({ tag }) => tag)]).size).toBe(keys.length + 1);
      }
    });

    it('a validator agrees, at every turn of keys, whatever it has cached', async () => {
      const tagsOf = (keys: readonly Shown[]) => keys.map(({ tag }) => tag).join();
      const turns = history
        .filter(
          ({ at }, n) =>
            n > 0 &&
            (tagsOf(zoneAt(at).keys) !== tagsOf(history[n - 1]!.keys) ||
              signerAt(at, 0)!.tag !== signerAt(at - look, 0)!.tag),
        )
        .map(({ at }) => at);
      const times = turns
        .flatMap((at) => [at - 1, at, at + 1, at + ttl, at + ttl + lag])
        .filter((at) => at > start + lag + 2 * ttl);
      const question: Question = { name: apex.prepend('missing'), type: RRType.TXT, class: 1 };
      const signed = (set: RRset, key: ZoneKey, now: number): RR[] => [
        ...set.rdatas.map((rdata) => ({ name: set.name, type: set.type, class: 1, ttl: set.ttl, rdata })),
        signRRset(set, { key, signer: apex }, { inception: now - hour, expiration: now + 2 * day }),
      ];
      for (const now of times)
        for (const cached of [0, ttl]) {
          const key = signerAt(now, 0)!.key;
          const shown = [ksk, ...zoneAt(now - cached).keys.map((each) => each.key)];
          const exchange = async (asked: Question): Promise<Message> =>
            reply(
              asked,
              asked.type === RRType.DNSKEY
                ? {
                    answers: signed(
                      { name: apex, type: asked.type, class: 1, ttl, rdatas: shown.map(({ rdata }) => rdata) },
                      ksk,
                      now,
                    ),
                  }
                : { authorities: signed(compactDenial(asked.name, 'nxname', denialTtl), key, now) },
            );
          const verdict = await validate(question, {
            exchange,
            anchors: [{ zone: apex, ds: dsOf(apex, ksk.rdata) }],
            now,
          });
          expect(verdict).toMatchObject({ status: 'secure', kind: 'nxdomain' });
        }
      expect(times.length).toBeGreaterThan(20);
    });
  },
);

it('shorter than this one key is not yet gone when the one after next is shown', () => {
  expect(shortestRotation(policy)).toBe(2 * 25 * hour * 1_000);
});

const reply = (question: Question, sections: Partial<Message>): Message => ({
  ...queryFor(question, 0),
  response: true,
  authoritative: true,
  ...sections,
});
