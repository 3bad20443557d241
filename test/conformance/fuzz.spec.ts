// Longer than most: twenty thousand packets, a million with `npm run conformance`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeMessage, encodeMessage, Name, queryFor, RRType } from '@callbook/dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgesAvailable } from '../judges.js';
import { QuestionClient } from '../peers/index.js';
import { carriedSeeds, ownSeeds, readSeeds } from './fuzz/packets.js';
import { fuzz } from './fuzz/run.js';
import { startLookup, type LookupProcess } from './lookup-process.js';
import { Random } from './oracle/random.js';
import { makeKeys, pemOf, signZone } from './oracle/signing.js';
import { counted, firstSeed, isWhole, portion } from './portion.js';

/** Where many of the seeds' names lie. */
const apex = 'example.';
const zone = `${apex} 300 IN SOA ns1.${apex} hostmaster.${apex} 1 3600 600 86400 60
${apex} 300 IN NS ns1.${apex}
ns1.${apex} 300 IN A 192.0.2.1
3.2.1.0.0.9.0.0.7.7.4.4.e164.${apex} 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .
alias.${apex} 300 IN CNAME ns1.${apex}
moved.${apex} 300 IN DNAME e164.${apex}
cut.${apex} 300 IN NS ns1.cut.${apex}
ns1.cut.${apex} 300 IN A 192.0.2.2
*.wild.${apex} 300 IN TXT "anything"
`;

describe.skipIf(!(await judgesAvailable()))('a look-up that is sent whatever there is', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-fuzz-'));
  let lookup: LookupProcess;
  const last = Buffer.from(encodeMessage(queryFor({ name: Name.parse(`ns1.${apex}`), type: RRType.A, class: 1 }, 0)));

  beforeAll(async () => {
    mkdirSync(path.join(dir, 'zone'));
    const keys = makeKeys();
    const random = new Random(firstSeed);
    const file = await signZone(random, { dir: path.join(dir, 'zone'), apex, text: zone, variant: 'compact', keys });
    lookup = await startLookup({ dir: path.join(dir, 'lookup'), zoneFile: file, denialKey: pemOf(keys.denial) });
  }, 120_000);
  afterAll(async () => {
    await lookup?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it(
    'says FORMERR or nothing to what is no query, the right thing to the rest, does not grow, and goes on',
    async () => {
      const given = process.env['CALLBOOK_FUZZ_SEEDS'];
      const seeds = [...ownSeeds(apex), ...ownSeeds(apex), ...carriedSeeds(), ...(given ? readSeeds(given) : [])];
      const counts = { udp: portion(14_000, 780_000), tcp: portion(4_000, 180_000), https: portion(2_000, 60_000) };
      const pid = lookup.pid();
      const { packets, answered, complaints, memory } = await fuzz(
        { ...lookup, apex },
        { seed: firstSeed, seeds, counts, last, ...(isWhole ? { progress: (line: string) => console.log(line) } : {}) },
      );
      counted('(d) fuzz', { ...packets, 'packets answered': answered, complaints: complaints.length });
      if (complaints.length > 0)
        writeFileSync(path.join(tmpdir(), 'callbook-fuzz-complaints.txt'), complaints.join('\n'));
      expect(complaints.join('\n')).toBe('');
      expect(packets).toEqual(counts);
      expect(answered).toBeGreaterThan((counts.udp + counts.tcp + counts.https) / 2);
      expect(memory.after).toBeLessThan(memory.before * 1.5 + 64e6);
      expect(lookup.pid()).toBe(pid);
      const client = await QuestionClient.open();
      expect(decodeMessage((await client.ask(lookup, last))!).answers).toHaveLength(1);
      client.close();
    },
    isWhole ? 3_600_000 : 180_000,
  );
});
