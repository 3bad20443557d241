import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DnsError } from './errors.js';
import { readZoneFile, readZonePieces } from './zone-read.js';

const file = `\uFEFF$ORIGIN example.net. ; of the zone
$TTL 1h
@ IN SOA ns1 hostmaster ( 1 ; serial
  3600 900 604800
  60 )
  NS ns1 ; indented
ns1 A 192.0.2.1
a\\.b TXT "a \\" ; ( quoted" alpn="h2,h3" x\\;y
z TYPE65280 \\# 4 00010203`;

/** Records or the error. */
const said = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return error.message;
  }
};

it('a zone file that comes in pieces is the same however it is cut, also where it is wrong', () => {
  const cuts = fc.array(fc.nat(file.length), { maxLength: 30 });
  const slip = fc.option(fc.tuple(fc.nat(file.length), fc.constantFrom('"', '(', ')', '\n', '\\', ';')), {
    nil: undefined,
  });
  fc.assert(
    fc.property(cuts, slip, (places, wrong) => {
      const text = wrong ? file.slice(0, wrong[0]) + wrong[1] + file.slice(wrong[0]) : file;
      const sorted = [0, ...places.sort((a, b) => a - b), text.length];
      const pieces = sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
      expect(said(() => [...readZonePieces(pieces)])).toEqual(said(() => readZoneFile(text)));
    }),
    { numRuns: 500 },
  );
});
