import fc from 'fast-check';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { HpackDecoder, HpackError } from './hpack.js';

const decodeWith = (decoder: HpackDecoder, block: Uint8Array, most = 65_536) => {
  const within = new Uint8Array(block.length + 9).fill(0xff);
  within.set(block, 4);
  const fields: [string, string][] = [];
  decoder.decode(within, 4, 4 + block.length, most, (name, value) => fields.push([name, value]));
  return fields;
};
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('HPACK', () => {
  it('reads the requests of RFC 7541 appendix C.4, Huffman-coded, on one connection', () => {
    const decoder = new HpackDecoder();
    expect(decodeWith(decoder, hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))).toEqual([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
    ]);
    expect(decodeWith(decoder, hex('8286 84be 5886 a8eb 1064 9cbf')).at(-1)).toEqual(['cache-control', 'no-cache']);
    expect(decodeWith(decoder, hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'))).toEqual([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  it('reads the requests of appendix C.3, without Huffman codes', () => {
    const decoder = new HpackDecoder();
    decodeWith(decoder, hex('8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d'));
    decodeWith(decoder, hex('8286 84be 5808 6e6f 2d63 6163 6865'));
    expect(
      decodeWith(decoder, hex('8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65')).slice(3),
    ).toEqual([
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  it('reads what nghttp2 writes, whatever the headers, block after block', async () => {
    const value = fc
      .string({ unit: fc.constantFrom(...'abcXYZ019-_.~!#$%&*+/=?^`|{}()<>@,;: "'), maxLength: 200 })
      .map((text) => text.trim());
    const headers = fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((name) => `x-${name}`),
      value,
      { maxKeys: 12 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { minLength: 1, maxLength: 6 }), async (requests) => {
        const blocks = await headerBlocks(requests);
        const decoder = new HpackDecoder();
        for (const [i, block] of blocks.entries())
          expect(decodeWith(decoder, block).filter(([name]) => name.startsWith('x-'))).toEqual(
            Object.entries(requests[i]!),
          );
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['an entry that is not there', 'be'],
    ['entry 0', '80'],
    ['a string cut short', '400a6375'],
    ['a number without end', 'ffffffffffff'],
    ['a table larger than allowed', '3fe2ff03'],
    ['a change of the table in the middle', '8220'],
    ['a code cut short', '0082ffff'],
    ['padding that is not ones', '0081e0'],
  ])('refuses %s', (_what, block) => {
    expect(() => decodeWith(new HpackDecoder(), hex(block))).toThrow(HpackError);
  });

  it('refuses more headers than allowed, also when they take an octet each', () => {
    const decoder = new HpackDecoder();
    decodeWith(decoder, Buffer.concat([hex('400178 7fff1c'), Buffer.alloc(3_838, 'a')]));
    expect(() => decodeWith(decoder, new Uint8Array(100).fill(0xbe), 65_536)).toThrow(HpackError);
  });

  it('says HpackError to any octets, or reads them, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HpackDecoder();
        for (const block of blocks)
          try {
            decodeWith(decoder, block);
          } catch (error) {
            expect(error).toBeInstanceOf(HpackError);
            return;
          }
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The header blocks that Node's client, which is nghttp2, sends for such requests on one connection. */
async function headerBlocks(requests: readonly Record<string, string>[]): Promise<Buffer[]> {
  let sent = Buffer.alloc(0);
  const session: ClientHttp2Session = connect('http://x', {
    createConnection: () =>
      new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _encoding, done) {
          sent = Buffer.concat([sent, chunk]);
          done();
        },
      }),
  });
  session.on('error', () => undefined);
  for (const headers of requests) session.request(headers).on('error', () => undefined);
  const blocks = (): Buffer[] => {
    const found: Buffer[] = [];
    for (let at = 24; at + 9 <= sent.length; at += 9 + sent.readUIntBE(at, 3))
      if (sent[at + 3] === 1) found.push(sent.subarray(at + 9, at + 9 + sent.readUIntBE(at, 3)));
    return found;
  };
  while (blocks().length < requests.length) await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
  return blocks();
}
