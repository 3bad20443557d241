import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Name, Rcode, RRType, typeCode } from '@callbook/dns';
import { freePort, type Daemon } from '@callbook/local';
import { dnsExchange } from '@callbook/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sip, startWorld, type World } from '../harness/world.js';
import { ask, delv, judgesAvailable, startUnbound, type Address, type Anchor } from '../judges.js';
import { dig } from './dig.js';
import { flipBit, startMiddleman } from './middleman.js';
import {
  allMissing,
  apex,
  atApex,
  emptyNonTerminals,
  keys,
  missingNumbers,
  mixedCase,
  nodeAt,
  numbers,
  otherTypes,
  registered,
  type Question,
} from './tree.js';

const uri = 'sip:alice@example.net';
const naptr = `NAPTR 100 10 "u" "E2U+sip" "!^.*$!${uri}!" .`;

/** Kinds of question, and what an answer to one has in it. */
const kinds = [
  { kind: 'NAPTR of registered numbers', questions: numbers, found: naptr },
  { kind: 'SMIMEA of registered numbers', questions: keys, found: 'SMIMEA 3 1 0 30' },
  { kind: 'the apex', questions: atApex, found: `callbook.example. 3600 IN` },
  { kind: 'every digit on the way to a number', questions: emptyNonTerminals, denied: 'type' },
  { kind: 'other types where something is', questions: otherTypes, denied: 'type' },
  { kind: 'numbers that are not there', questions: missingNumbers, denied: 'name' },
] as const satisfies readonly {
  kind: string;
  questions: readonly Question[];
  found?: string;
  denied?: 'type' | 'name';
}[];

const ways = [
  { way: 'as they are written', asked: (question: Question) => question, options: [] },
  { way: 'in mixed case', asked: mixedCase, options: [] },
  { way: 'over TCP', asked: (question: Question) => question, options: ['+tcp'] },
];

const combinations = kinds.flatMap((kind) => ways.map((way) => ({ ...kind, ...way })));
const text = ({ name, type }: Question) => `${name} ${type}`;

describe.skipIf(!(await judgesAvailable()))('DNSSEC, as other people’s validators see it', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-conformance-'));
  const running: Daemon[] = [];
  let world: World;
  let server: Address;
  let anchor: Anchor;
  let wrongAnchor: Anchor;
  let dnskey: string;

  beforeAll(async () => {
    world = await startWorld();
    server = world.callbook.addresses.dns[0]!;
    const { ds, anchors } = (await world.directory()).description.meta.zone;
    anchor = { zone: apex, ds: ds[0]!.replace(/^.* DS /, '') };
    wrongAnchor = { zone: apex, ds: anchor.ds.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) };
    dnskey = anchors[0]!.replace(/^.* DNSKEY /, '');
    const alice = await world.person();
    for (const number of registered) await alice.register(number, sip(uri));
  });
  afterAll(async () => {
    await Promise.all(running.map((daemon) => daemon.stop()));
    await world?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** A validating unbound in front of one server. */
  async function resolver(settings: readonly string[] = [], given: { anchor?: Anchor; server?: Address } = {}) {
    const port = await freePort();
    const daemon = await startUnbound({
      dir: path.join(dir, `unbound-${port}`),
      port,
      anchor: given.anchor ?? anchor,
      servers: [given.server ?? server],
      extra: settings,
    });
    running.push(daemon);
    return { host: '127.0.0.1', port };
  }

  describe('delv', () => {
    it.each(combinations)('validates $kind, asked $way', async ({ questions, asked, options, ...expected }) => {
      for (const question of questions.map(asked)) {
        const { verdict, stdout } = await delv(server, anchor, question, dir, options);
        if ('found' in expected) {
          expect([text(question), verdict]).toEqual([text(question), 'fully validated']);
          // On several lines data is in brackets.
          expect(stdout.replace(/[\s()]+/g, ' ').toLowerCase()).toContain(expected.found.toLowerCase());
        } else {
          expect([text(question), verdict]).toEqual([text(question), 'negative response, fully validated']);
          // RFC 9824 §3: that nothing at all is there is said by NXNAME, type 128, in the bitmap.
          expect([text(question), / TYPE128$/m.test(stdout)]).toEqual([text(question), expected.denied === 'name']);
        }
      }
    });

    it('validates with the DNSKEY record that the directory gives as with the DS record', async () => {
      const file = path.join(dir, 'delv.key');
      const [flags, protocol, algorithm, ...key] = dnskey.split(/\s+/);
      writeFileSync(
        file,
        `trust-anchors { "${apex}" static-key ${flags} ${protocol} ${algorithm} "${key.join('')}"; };\n`,
      );
      const at = [`@${server.host}`, '-p', String(server.port), '-a', file, `+root=${apex}`];
      const { stdout } = await ask('delv', [...at, numbers[0]!.name, 'NAPTR']);
      expect(stdout).toMatch(/^; fully validated\n/);
    });

    it('believes nothing with another anchor', async () => {
      for (const { questions } of kinds)
        expect(await delv(server, wrongAnchor, questions[0]!, dir)).toMatchObject({
          verdict: 'resolution failed: broken trust chain',
        });
    });

    it.each([
      { what: 'the address in a NAPTR record', type: RRType.NAPTR, offset: -5, question: numbers[1]! },
      { what: 'a published key', type: RRType.SMIMEA, offset: -1, question: keys[1]! },
      { what: 'the signature of an answer', type: RRType.RRSIG, offset: -1, question: numbers[1]! },
      { what: 'the next name of a denial', type: RRType.NSEC, offset: 1, question: missingNumbers[1]! },
      { what: 'the types of a denial', type: RRType.NSEC, offset: -1, question: missingNumbers[1]! },
      { what: 'the types at an empty non-terminal', type: RRType.NSEC, offset: -1, question: emptyNonTerminals[3]! },
    ])('and unbound refuse one changed bit: $what', async ({ type, offset, question }) => {
      const honest = await startMiddleman(server);
      const tampering = await startMiddleman(server, flipBit(type, offset));
      try {
        expect((await delv(honest.address, anchor, question, dir)).verdict).toMatch(/fully validated$/);
        expect((await delv(tampering.address, anchor, question, dir)).verdict).toMatch(/^resolution failed/);
        expect(await dig(await resolver([], { server: honest.address }), [question])).toMatchObject([
          { status: 'NOERROR', flags: expect.arrayContaining(['ad']) as unknown },
        ]);
        expect(await dig(await resolver([], { server: tampering.address }), [question])).toMatchObject([
          { status: 'SERVFAIL', answers: [] },
        ]);
      } finally {
        honest.stop();
        tampering.stop();
      }
    });
  });

  describe.each([
    { title: 'unbound that keeps to what it asked', settings: ['aggressive-nsec: no'] },
    { title: 'unbound that concludes from denials (RFC 8198)', settings: ['aggressive-nsec: yes'] },
    {
      title: 'unbound that asks digit by digit (RFC 9156), in random case',
      settings: ['qname-minimisation: yes', 'use-caps-for-id: yes', 'aggressive-nsec: yes'],
    },
  ])('$title', ({ settings }) => {
    it.each(combinations)('finds secure: $kind, asked $way', async ({ questions, asked, options, ...expected }) => {
      const replies = await dig(await resolver(settings), questions.map(asked), ['+dnssec', ...options]);
      for (const [index, { status, flags, answers }] of replies.entries()) {
        const question = text(questions[index]!);
        expect([question, status, flags.includes('ad')]).toEqual([question, 'NOERROR', true]);
        if ('found' in expected) expect(answers.join('\n').toLowerCase()).toContain(expected.found.toLowerCase());
        else expect([question, answers]).toEqual([question, []]);
      }
    });
  });

  it('unbound-host calls all of it secure, and with another anchor bogus', async () => {
    const config = (name: string, { ds }: Anchor) => {
      const file = path.join(dir, name);
      writeFileSync(
        file,
        `server:\n  do-not-query-localhost: no\n  trust-anchor: "${apex} IN DS ${ds}"\n` +
          `stub-zone:\n  name: "${apex}"\n  stub-addr: ${server.host}@${server.port}\n`,
      );
      return file;
    };
    const [right, wrong] = [config('host.conf', anchor), config('host-wrong.conf', wrongAnchor)];
    for (const { questions } of kinds) {
      for (const { name, type } of questions) {
        const { stdout } = await ask('unbound-host', ['-C', right, '-v', '-t', type, name]);
        expect([
          name,
          stdout
            .trim()
            .split('\n')
            .every((line) => line.endsWith('(secure)')),
        ]).toEqual([name, true]);
      }
      const { name, type } = questions[0]!;
      expect((await ask('unbound-host', ['-C', wrong, '-v', '-t', type, name])).stdout).toContain('(BOGUS');
    }
  });

  it('a resolver that learned every missing neighbour still finds every number (aggressive use, RFC 8198)', async () => {
    const careful = await startMiddleman(server);
    const eager = await startMiddleman(server);
    const without = await resolver(['aggressive-nsec: no'], { server: careful.address });
    const concluding = await resolver(['aggressive-nsec: yes'], { server: eager.address });
    try {
      const denied = await dig(concluding, allMissing);
      expect(denied.filter(({ flags, answers }) => !flags.includes('ad') || answers.length > 0)).toEqual([]);
      for (const [existing, found] of [
        [numbers, naptr],
        [keys, 'SMIMEA 3 1 0'],
      ] as const) {
        for (const { status, flags, answers } of await dig(concluding, [...existing, ...existing.map(mixedCase)]))
          expect([status, flags.includes('ad'), answers.join('\n').includes(found)]).toEqual(['NOERROR', true, true]);
      }

      // That it does conclude: what one denial said of a name answers for its other types, without a question to us.
      const other = missingNumbers.slice(0, 6).map(({ name }) => ({ name, type: 'TXT' }));
      await dig(without, missingNumbers.slice(0, 6));
      const [before, beforeWithout] = [eager.passed(), careful.passed()];
      await dig(concluding, other);
      await dig(without, other);
      expect(eager.passed() - before).toBe(0);
      expect(careful.passed() - beforeWithout).toBeGreaterThanOrEqual(other.length);
    } finally {
      careful.stop();
      eager.stop();
    }
  });

  describe('a server asked directly', () => {
    it('says NXDOMAIN to those who want no proof, and to those who say that they understand NXNAME (RFC 9824 §5)', async () => {
      const statuses = async (questions: readonly Question[], options: readonly string[]) => [
        ...new Set((await dig(server, questions, options)).map(({ status }) => status)),
      ];
      expect(await statuses(missingNumbers, ['+nodnssec'])).toEqual(['NXDOMAIN']);
      expect(await statuses(missingNumbers, ['+dnssec'])).toEqual(['NOERROR']);
      for (const option of ['+nodnssec', '+dnssec'])
        expect(await statuses([...emptyNonTerminals, ...otherTypes], [option])).toEqual(['NOERROR']);

      // None of Debian's programs can set the CO flag yet, so that here our own client asks.
      const rcode = async ({ name, type }: Question) =>
        (await dnsExchange(server)({ name: Name.parse(name), type: typeCode(type), class: 1 })).rcode;
      for (const question of missingNumbers) expect(await rcode(question)).toBe(Rcode.NXDOMAIN);
      for (const question of [...emptyNonTerminals, ...otherTypes]) expect(await rcode(question)).toBe(Rcode.NOERROR);
    });

    it('gives each the answer that it asked for, whoever asked the same before in another way', async () => {
      const [question] = [missingNumbers[0]!];
      const shapes = [];
      for (const asked of [question, mixedCase(question), question]) {
        for (const options of [['+nodnssec', '+noedns'], ['+dnssec'], ['+nodnssec']]) {
          const [reply] = await dig(server, [asked], options);
          shapes.push({
            options: options[0],
            status: reply!.status,
            records: reply!.authorities.map((record) => record.split(' ')[3]),
          });
        }
      }
      const without = { options: '+nodnssec', status: 'NXDOMAIN', records: ['SOA'] };
      const proof = { options: '+dnssec', status: 'NOERROR', records: ['SOA', 'RRSIG', 'NSEC', 'RRSIG'] };
      expect(shapes).toEqual([without, proof, without, without, proof, without, without, proof, without]);
    });
  });

  describe('a number with more routes than a UDP answer holds', () => {
    const crowded = '+447700900177';
    const question = { name: nodeAt(crowded), type: 'NAPTR' };
    const routes = Array.from({ length: 16 }, (_, preference) => ({
      service: 'E2U+sip',
      uri: `sip:${'alice'.repeat(20)}-${preference}@example.net`,
      order: 100,
      preference,
    }));
    beforeAll(async () => {
      await (await world.person()).register(crowded, { routes });
    });

    it.each([0, 1, 511, 512, 513, 1_220, 1_231, 1_232, 1_233, 4_096, 65_535])(
      'is truncated for a client that takes %i octets, and whole over TCP',
      async (size) => {
        const options = size === 0 ? ['+noedns'] : ['+dnssec', `+bufsize=${size}`];
        const [udp] = await dig(server, [question], [...options, '+ignore']);
        expect(udp!.flags).toContain('tc');
        expect(udp!.answers).toEqual([]);
        expect(udp!.size).toBeLessThanOrEqual(Math.min(1_232, Math.max(512, size)));
        const [whole] = await dig(server, [question], options);
        expect(whole!.answers.filter((record) => record.includes(' NAPTR 100 '))).toHaveLength(routes.length);
      },
    );

    it('validates by delv and unbound, which ask again over TCP', async () => {
      expect((await delv(server, anchor, question, dir)).verdict).toBe('fully validated');
      const [reply] = await dig(await resolver(), [question]);
      expect(reply!.flags).toContain('ad');
      expect(reply!.answers).toHaveLength(routes.length + 1);
    });
  });
});
