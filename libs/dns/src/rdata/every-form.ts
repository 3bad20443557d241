import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../message-decode.js';
import { encodeMessage } from '../message-encode.js';
import { DnsError } from '../errors.js';
import type { DnsErrorCode } from '../errors.js';
import { Name } from '../name.js';
import type { RdataType } from '../rdata-type.js';
import { canonicalRdata } from '../rdata-types.js';
import { readZoneFile } from '../zone-read.js';
import { textOf } from '../zone-write.js';

const owner = Name.parse('Owner.callbook.example.');
const rrOf = (type: number, rdata: Uint8Array) => ({ name: owner, type, class: 1, ttl: 300, rdata });

/** The code of the DnsError that `act` throws; undefined when it throws none. Any other error is let through and fails the test. */
export function codeOf(act: () => unknown): DnsErrorCode | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof DnsError) return error.code;
    throw error;
  }
}

/**
 * The test for a record type: one value in all its forms and back, and what no codec may do with broken octets.
 * @param forms.text how the value has to be written.
 * @param forms.hex how the value has to look on the wire.
 * @param forms.canonical canonical form; the same as `hex` when left out.
 */
export function everyForm<T extends object>(
  type: RdataType<T>,
  value: T,
  forms: { text: string; hex: string; canonical?: string },
): void {
  const rdata = type.write(value);
  const hexOf = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
  const hex = forms.hex.replaceAll(' ', '');

  describe(`${type.name} ${forms.text.slice(0, 60)}`, () => {
    it('has the expected wire octets and is read back from them', () => {
      expect(hexOf(rdata)).toBe(hex);
      expect(type.read(rdata)).toEqual(value);
    });

    it('has the expected text and is read back from it', () => {
      expect(type.writeText(value)).toBe(forms.text);
      const [rr] = readZoneFile(`. 300 IN ${type.name} ${forms.text}`);
      expect(hexOf(rr!.rdata)).toBe(hex);
    });

    it('is read from the form for unknown types too', () => {
      const [rr] = readZoneFile(`. 300 IN TYPE${type.code} \\# ${rdata.length} ${hex}`);
      expect(rr).toEqual({ name: Name.root, type: type.code, class: 1, ttl: 300, rdata });
    });

    it('has a canonical form that is its own canonical form', () => {
      const canonical = canonicalRdata(type.code, rdata);
      expect(hexOf(canonical)).toBe((forms.canonical ?? hex).replaceAll(' ', ''));
      expect(type.canonical(canonical)).toEqual(canonical);
    });

    it('crosses a message unchanged, also behind names it could be compressed against', () => {
      const names = rdata.length > 0 ? [rrOf(5, Name.parse('callbook.example').wire)] : [];
      const message = decodeMessage(encodeMessage({ ...emptyMessage, answers: [...names, rrOf(type.code, rdata)] }));
      expect(type.read(message.answers.at(-1)!.rdata)).toEqual(value);
    });

    it('refuses, or reads as another value, what is cut off or goes on too long', () => {
      for (let length = 0; length < rdata.length; length += 1) {
        const code = codeOf(() => expect(type.read(rdata.subarray(0, length))).not.toEqual(value));
        expect([undefined, 'RDATA_MALFORMED']).toContain(code);
      }
      const longer = Uint8Array.from([...rdata, 7]);
      const code = codeOf(() => expect(type.read(longer)).not.toEqual(value));
      expect([undefined, 'RDATA_MALFORMED']).toContain(code);
    });

    it('throws nothing but DnsError for any single changed octet, and still has a text that gives the same octets', () => {
      for (let at = 0; at < rdata.length; at += 1) {
        for (const octet of [0, 1, 0x3f, 0x40, 0xc0, 0xff, rdata[at]! ^ 0x20]) {
          const changed = rdata.slice();
          changed[at] = octet;
          codeOf(() => type.read(changed));
          codeOf(() => type.canonical(changed));
          const rr = rrOf(type.code, changed);
          // Spelling that the value does not keep (order in a bit map, say) may be lost in text, the value may not.
          if (codeOf(() => type.read(changed))) expect(textOf(rr)).toContain(' \\# ');
          else expect(type.read(readZoneFile(textOf(rr))[0]!.rdata)).toEqual(type.read(changed));
        }
      }
    });
  });
}

/** @param code which the type answers the value with when it is written, and its text when there is one. */
export function refuses<T extends object>(type: RdataType<T>, value: T, code: DnsErrorCode): void {
  it(`${type.name} refuses a value with ${code}`, () => expect(codeOf(() => type.write(value))).toBe(code));
}

/** Text that no value of the type has. */
export function refusesText<T extends object>(type: RdataType<T>, ...texts: readonly string[]): void {
  it.each(texts)(`${type.name} refuses the text %s`, (text) => {
    expect(codeOf(() => readZoneFile(`. 300 IN ${type.name} ${text}`))).toBe('ZONE_FILE_MALFORMED');
  });
}

/** Octets that are no rdata of the type. */
export function refusesWire<T extends object>(type: RdataType<T>, ...octets: readonly string[]): void {
  it.each(octets)(`${type.name} refuses the octets %s`, (hex) => {
    expect(codeOf(() => type.read(Buffer.from(hex.replaceAll(' ', ''), 'hex')))).toBe('RDATA_MALFORMED');
  });
}

export const emptyMessage = {
  id: 1,
  response: true,
  opcode: 0,
  authoritative: true,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  rcode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
};
