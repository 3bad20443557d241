import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsError } from './errors.js';
import { decodeMessage } from './message-decode.js';
import { encodeMessage } from './message-encode.js';
import type { Message } from './message.js';
import { Name } from './name.js';
import { codeOf } from './rdata/every-form.js';
import { canonicalRdata, rdataTypes } from './rdata-types.js';
import { readRRs } from './rr.js';
import { textOf } from './zone-write.js';
import { readZoneFile } from './zone-read.js';

/** A few of BIND's fuzzing seeds: queries, answers, UPDATEs, signed ones. */
const seeds = [
  '303030000001000000000001046d723030076578306d706c6500000900010000293030003080000000',
  '30302800000100030000000006757064617465036e696c00000600010161c00c0001000100303030000430303030c01c0001000100303030000430303030c01c0001000100303030000430303030',
  '303081800001000100020001057572693030076578616d706c650001000001c00c0100000100303030000430303030c01200020001000000000006036e7334c012c01200020001000000000006036e7330c0120000293030003000000000',
  '303081800001000300020001076b657964617461076578616d706c650030300001c00cfffd0001000000000012303030303030303030303030303030303030c00cfffd0001000000000000c00cfffd0001000000000006303030303030c01400020001000000000006036e7334c014c01400020001000000000006036e7330c0140000293030003000000000',
  '303084000001000100020003086368616e67696e670000060001c00c0006000100303030002804646e7330c00c0a706f7374306173743072c00c3030303030303030303030303030303030303030c00c0002000100000230000704646e7332c00cc00c00020001000002300002c026c0260001000100303030000430303030c05a00010001003030300004303030300000293030003000000000',
  '3030850000010001000100020764796e616d696300000600010744794e614d6943000006000100303030001d066d6e616d303000003030303030303030303030303030303030303030c0190002000100303030000d036e73300744594e414d494300c05500010001003030300004303030300000293030003000000000',
  '303084800001000100010003037830300000060001c00c0006000100303030001d066d6e616d653000003030303030303030303030303030303030303030c00c00020001003030300006036e7330c00cc04a0001000100303030000430303030000029303000300000000001610000fa00ff00303030003a08686d6130306d30300773696730616c670372656703696e74003030303030303030001030303030303030303030303030303030303000000000',
  '303028000001000000030001076578616d706c65036e696c00000600010775706461746564c00c0001000100303030000430303030c01d00100001003030300004033030300174c00c00ff00ff0030303000000864646e73306b6579c00c00fa00ff00303030003d0b686d61303073683030303000303030303030303000203030303030303030303030303030303030303030303030303030303030303030303000000000',
  '303081a00001000200000001036e696302637a00001c0001c00c001c000100303030001030303030303030300000000030303030c00c002e000100303030009a001c303030303030552c8096551a9adb3030036e696302637a0030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030300000293030003080000000',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/** BIND's whole collection, when it lies beside the project. */
const collection = (file: string): Uint8Array[] => {
  const at = new URL(`../../../../shared/vectors/bind-fuzz-seeds/${file}`, import.meta.url);
  const lines = existsSync(at) ? readFileSync(at, 'utf8').trim().split('\n') : [];
  return lines.map((line) => Uint8Array.from(Buffer.from(line.split(' ')[1] ?? '', 'hex')));
};

type Change = (octets: number[]) => void;
const at = fc.nat();
const interesting = fc.oneof(fc.constantFrom(0, 1, 2, 0x0c, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff), fc.nat(255));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(at, interesting).map(
    ([where, octet]): Change =>
      (octets) =>
        void (octets[where % octets.length] = octet),
  ),
  fc.tuple(at, fc.nat(7)).map(
    ([where, bit]): Change =>
      (octets) =>
        void (octets[where % octets.length]! ^= 1 << bit),
  ),
  fc.tuple(at, interesting).map(
    ([where, octet]): Change =>
      (octets) =>
        void octets.splice(where % octets.length, 0, octet),
  ),
  fc.tuple(at, fc.nat(20)).map(
    ([where, count]): Change =>
      (octets) =>
        void octets.splice(where % octets.length, count),
  ),
  // A compression pointer to anywhere.
  fc.tuple(at, at).map(([where, target]): Change => (octets) => {
    octets[where % octets.length] = 0xc0;
    octets[(where + 1) % octets.length] = target % octets.length;
  }),
);

function changed(seed: Uint8Array, changes: readonly Change[]): Uint8Array {
  const octets = [...seed];
  for (const apply of changes) if (octets.length > 0) apply(octets);
  return Uint8Array.from(octets);
}

/** What holds for any octets whatever. @returns whether they were a message. */
function holds(octets: Uint8Array): boolean {
  let message: Message;
  try {
    message = decodeMessage(octets);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    expect(error.code).toMatch(/^MESSAGE_/);
    expect(error.id).toBe(octets.length < 2 ? undefined : (octets[0]! << 8) | octets[1]!);
    return false;
  }
  const again = encodeMessage(message);
  expect(Buffer.from(encodeMessage(decodeMessage(again))).equals(again)).toBe(true);
  for (const rr of [...message.answers, ...message.authorities, ...message.additionals]) {
    codeOf(() => canonicalRdata(rr.type, rr.rdata));
    codeOf(() => rdataTypes.get(rr.type)?.read(rr.rdata));
    const line = textOf(rr);
    codeOf(() => expect(textOf(readZoneFile(line)[0]!)).toBe(line));
  }
  codeOf(() => readRRs(octets));
  return true;
}

describe('octets that someone bent', () => {
  it('make nothing throw but DnsError, and what is read is written and read again the same', () => {
    for (const seed of seeds) {
      expect(holds(seed)).toBe(true);
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => void holds(changed(seed, changes))),
        { numRuns: 400 },
      );
    }
  });

  it('are refused or read wherever they are cut off', () => {
    for (const seed of seeds) {
      for (let length = 0; length < seed.length; length += 1) expect(holds(seed.subarray(0, length))).toBe(false);
    }
  });

  it('may be any octets at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => void holds(octets)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        for (const type of rdataTypes.values()) {
          codeOf(() => type.read(octets));
          codeOf(() => type.canonical(octets));
        }
        codeOf(() => readRRs(octets));
        codeOf(() => Name.read(octets));
      }),
    );
  });

  // The collections lie beside some clones only: what every clone tests is above.
  const messages = collection('messages.txt');
  if (messages.length > 0)
    it("may be any of BIND's seeds, whole and bent", () => {
      expect(messages.filter(holds).length).toBeGreaterThan(messages.length * 0.9);
      for (const seed of messages.filter(({ length }) => length < 2000)) {
        fc.assert(
          fc.property(
            fc.array(change, { minLength: 1, maxLength: 4 }),
            (changes) => void holds(changed(seed, changes)),
          ),
          { numRuns: 20 },
        );
      }
    });

  const names = collection('names.txt');
  if (names.length > 0)
    it("may be any of BIND's names", () => {
      for (const octets of names) {
        for (let offset = 0; offset < octets.length; offset += 1) codeOf(() => Name.read(octets, offset));
        holds(octets);
      }
    });
});
