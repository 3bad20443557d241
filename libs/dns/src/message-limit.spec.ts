import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage } from './arbitraries.js';
import type { DnsError } from './errors.js';
import { decodeMessage } from './message-decode.js';
import { encodeMessage } from './message-encode.js';
import type { Message } from './message.js';
import { Name } from './name.js';
import { codeOf, emptyMessage } from './rdata/every-form.js';
import { naptr } from './rdata/naptr.js';
import type { RR } from './rr.js';
import { RRType } from './type-codes.js';
import { readZoneFile } from './zone-read.js';

const records = (text: string): RR[] => readZoneFile(text);
const edns = { udpSize: 1232, version: 0, dnssecOk: true, compactOk: true, options: [] };
const message = (fields: Partial<Message>): Message => ({ ...emptyMessage, ...fields });
const question = { name: Name.parse('1.e164.callbook.example'), type: RRType.NAPTR, class: 1 };

describe('a message over its limit', () => {
  const naptrs = (count: number): RR[] =>
    Array.from({ length: count }, (_, order) => ({
      ...question,
      ttl: 300,
      rdata: naptr.write({
        order,
        preference: 1,
        flags: 'u',
        services: 'E2U+sip',
        regexp: '!^.*$!sip:a@example.net!',
        replacement: Name.root,
      }),
    }));
  const authorities = records('callbook.example. 300 IN NS ns.callbook.example.');
  const additionals = records(
    'ns.callbook.example. 300 IN A 192.0.2.1\nns.callbook.example. 300 IN RRSIG A 13 3 300 1 0 1 . AQID',
  );

  it('loses whole sets, says TC and keeps question and OPT', () => {
    const full = message({ questions: [question], answers: naptrs(30), authorities, additionals, edns });
    const read = decodeMessage(encodeMessage(full, 512));
    expect(read).toEqual({ ...full, truncated: true, answers: [], authorities: [], additionals: [] });
  });

  it('keeps the sets that fit', () => {
    const first = records('0.callbook.example. 300 IN A 192.0.2.1');
    const read = decodeMessage(encodeMessage(message({ answers: [...first, ...naptrs(30)], edns }), 1232));
    expect([read.truncated, read.answers]).toEqual([true, first]);
  });

  it('says TC when authorities are missing, and not when only additionals are', () => {
    const whole = message({ questions: [question], answers: naptrs(1), authorities, additionals, edns });
    const size = encodeMessage(whole).length;
    const lacking = decodeMessage(encodeMessage(whole, size - 1));
    // The address would fit without its signature: they go together.
    expect([lacking.truncated, lacking.authorities, lacking.additionals]).toEqual([false, authorities, []]);
    const withoutAdditionals = encodeMessage({ ...whole, additionals: [] }).length;
    const shorter = decodeMessage(encodeMessage(whole, withoutAdditionals - 1));
    expect([shorter.truncated, shorter.answers.length, shorter.authorities]).toEqual([true, 1, []]);
  });

  it('is never larger than its limit and never lacks part of a set', () => {
    fc.assert(
      fc.property(anyMessage, fc.integer({ min: 12, max: 1500 }), (full, limit) => {
        let octets: Uint8Array;
        try {
          octets = encodeMessage(full, limit);
        } catch (error) {
          expect((error as DnsError).code).toBe('MESSAGE_TOO_LONG');
          return;
        }
        expect(octets.length).toBeLessThanOrEqual(limit);
        const read = decodeMessage(octets);
        expect(read.edns).toEqual(full.edns);
        expect(read.questions.length).toBe(full.questions.length);
        const isWhole =
          read.answers.length === full.answers.length && read.authorities.length === full.authorities.length;
        expect(read.truncated).toBe(full.truncated || !isWhole);
      }),
    );
  });

  it('is refused when not even the question fits', () => {
    expect(codeOf(() => encodeMessage(message({ questions: [question], edns }), 40))).toBe('MESSAGE_TOO_LONG');
  });
});
