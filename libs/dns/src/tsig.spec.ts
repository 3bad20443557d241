import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from './message-decode.js';
import { encodeMessage } from './message-encode.js';
import { queryFor, Rcode } from './message.js';
import { Name } from './name.js';
import { misplacedTsig, noTsig, readTsig, tsigOffset, withTsigRecord } from './tsig-record.js';
import { TsigStreamSigner, TsigStreamVerifier } from './tsig-stream.js';
import {
  signRefusal,
  signRequest,
  signResponse,
  tsigKeyOf,
  tsigSize,
  verifyRequest,
  verifyResponse,
  type RefusedRequest,
  type TsigKey,
} from './tsig.js';
import { RRType } from './type-codes.js';

const now = 1_767_225_600;
const key = tsigKeyOf('transfer.callbook.example=hmac-sha256:c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzICEhISE=');
const longKey = tsigKeyOf('other.example.=hmac-sha512:c2VjcmV0');
const keys = { key: (name: Name) => [key, longKey].find((each) => each.name.equals(name)) };
const edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: false, options: [] };
const query = encodeMessage(
  queryFor({ name: Name.parse('callbook.example.'), type: RRType.SOA, class: 1 }, 4_711, { edns }),
);
const reply = encodeMessage({ ...decodeMessage(query), response: true });
const signed = signRequest(query, key, now);

const refusedWith = (octets: Uint8Array, at = now, policy: object = {}): RefusedRequest => {
  const request = verifyRequest(octets, { ...keys, ...policy }, at);
  if (request.kind !== 'refused') throw new Error(request.kind);
  return request;
};

/** The signed request with another TSIG record than it had. */
const resigned = (change: Partial<ReturnType<typeof readTsig>>, from = signed.octets) =>
  withTsigRecord(query, { ...readTsig(from, tsigOffset(from)), ...change });

describe('a key', () => {
  it('is read from name, algorithm and secret', () => {
    expect(tsigKeyOf('k.example=HMAC-SHA512:AAEC')).toEqual({
      name: Name.parse('k.example.'),
      algorithm: 'hmac-sha512',
      secret: Uint8Array.of(0, 1, 2),
    });
  });

  it.each(['', 'k.example', 'k.example=hmac-md5:AAEC', 'k.example=hmac-sha256:', 'k.example=hmac-sha256:?canary?'])(
    'is refused without a word of the secret: %j',
    (text) => {
      expect(() => tsigKeyOf(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('canary') }),
      );
    },
  );
});

describe('a signed request', () => {
  it.each([key, longKey])('is verified, and is what it was before', (each) => {
    const { octets, mac } = signRequest(query, each, now);
    expect(octets).toHaveLength(query.length + tsigSize(each));
    expect(decodeMessage(octets).additionals).toMatchObject([{ type: RRType.TSIG, class: 255, ttl: 0 }]);
    expect(verifyRequest(octets, keys, now)).toEqual({ kind: 'verified', message: query, key: each, mac });
  });

  it('carries a MAC over the message and the variables in canonical form, RFC 8945 §4.3', () => {
    const spelt = { ...key, name: Name.parse('Transfer.CALLBOOK.example.') };
    const variables = Buffer.concat([
      key.name.wire,
      Buffer.from('00ff00000000', 'hex'),
      Name.parse('hmac-sha256.').wire,
      Buffer.from('00006955b900' + '012c' + '0000' + '0000', 'hex'),
    ]);
    const mac = createHmac('sha256', key.secret).update(query).update(variables).digest();
    expect(Buffer.from(signRequest(query, spelt, now).mac)).toEqual(mac);
    expect(verifyRequest(signRequest(query, spelt, now).octets, keys, now).kind).toBe('verified');
  });

  it('is verified under the id of its sender after a forwarder gave it another', () => {
    const forwarded = Uint8Array.from(signed.octets);
    forwarded[0] = 0xaa;
    const verified = verifyRequest(forwarded, keys, now);
    expect(verified.kind === 'verified' && decodeMessage(verified.message).id).toBe(0xaa67);
  });

  it('is verified for as long as clocks may differ', () => {
    for (const at of [now - 300, now + 300]) expect(verifyRequest(signed.octets, keys, at).kind).toBe('verified');
    for (const at of [now - 301, now + 301]) expect(refusedWith(signed.octets, at).error).toBe('BADTIME');
  });

  it('is not accepted with any octet of it changed', () => {
    for (let at = 0; at < signed.octets.length; at += 1) {
      const changed = Uint8Array.from(signed.octets);
      changed[at]! ^= 0x01;
      let kind;
      try {
        kind = verifyRequest(changed, keys, now).kind;
      } catch (error) {
        kind = (error as { code?: string }).code;
      }
      // The id is not the sender's to prove, nor is the case of names.
      if (at >= 2) expect([at, kind]).not.toEqual([at, 'verified']);
    }
  });

  it('is not accepted cut anywhere', () => {
    for (let length = 0; length < signed.octets.length; length += 1)
      expect(verifyRequest(signed.octets.subarray(0, length), keys, now).kind).toBe('unsigned');
  });

  it('is refused with a key that nobody knows, and with a known one under another algorithm', () => {
    expect(refusedWith(signRequest(query, { ...key, name: Name.parse('x.example.') }, now).octets).error).toBe(
      'BADKEY',
    );
    expect(refusedWith(signRequest(query, { ...key, algorithm: 'hmac-sha512' }, now).octets).error).toBe('BADKEY');
  });

  it('is refused with another secret', () => {
    const other: TsigKey = { ...key, secret: Uint8Array.of(1) };
    expect(refusedWith(signRequest(query, other, now).octets).error).toBe('BADSIG');
  });

  it('may have its MAC cut to half, and by a stricter policy to no less than that says', () => {
    const cut = (length: number) => resigned({ mac: signed.mac.slice(0, length) });
    expect(verifyRequest(cut(16), keys, now).kind).toBe('verified');
    expect(refusedWith(cut(16), now, { shortestMac: 24 }).error).toBe('BADTRUNC');
    expect(verifyRequest(cut(24), { ...keys, shortestMac: 24 }, now).kind).toBe('verified');
    for (const length of [0, 9, 10, 15])
      expect(() => verifyRequest(cut(length), keys, now)).toThrow(
        expect.objectContaining({ code: 'MESSAGE_TSIG_INVALID' }),
      );
    expect(() => verifyRequest(resigned({ mac: new Uint8Array(33) }), keys, now)).toThrow('33 octets');
  });

  it('is malformed when TSIG is there twice, or is not last, or is no additional', () => {
    const twice = withTsigRecord(signed.octets, readTsig(signed.octets, tsigOffset(signed.octets)));
    expect(tsigOffset(twice)).toBe(misplacedTsig);
    const asAnswer = Uint8Array.from(signed.octets);
    asAnswer[7] = 2;
    asAnswer[11] = 0;
    expect(tsigOffset(asAnswer)).toBe(misplacedTsig);
    expect(() => verifyRequest(twice, keys, now)).toThrow(expect.objectContaining({ code: 'MESSAGE_TSIG_INVALID' }));
  });

  it('is looked for in any octets without a fault', () => {
    expect(tsigOffset(query)).toBe(noTsig);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (octets) => {
        expect(() => tsigOffset(octets)).not.toThrow();
      }),
    );
  });
});

describe('the answer', () => {
  it('is bound to its request', () => {
    const { octets } = signResponse(reply, key, signed.mac, now);
    expect(verifyResponse(octets, key, signed.mac, now + 5)).toEqual(reply);
    expect(() => verifyResponse(octets, key, signRequest(query, key, now - 1).mac, now)).toThrow('BADSIG');
    expect(() => verifyResponse(octets, key, signed.mac, now + 301)).toThrow('BADTIME');
    expect(() => verifyResponse(reply, key, signed.mac, now)).toThrow('UNSIGNED');
    expect(() => verifyResponse(octets, longKey, signed.mac, now)).toThrow('BADKEY');
  });

  it('to a request under an unknown key, or with a wrong MAC, has a TSIG without MAC', () => {
    for (const [octets, code] of [
      [signRequest(query, { ...key, name: Name.parse('x.example.') }, now).octets, 'BADKEY'],
      [resigned({ mac: new Uint8Array(32) }), 'BADSIG'],
    ] as const) {
      const answer = signRefusal(reply, refusedWith(octets), now);
      expect(readTsig(answer, tsigOffset(answer))).toMatchObject({ error: Rcode[code], mac: new Uint8Array() });
      expect(() => verifyResponse(answer, key, signed.mac, now)).toThrow(expect.objectContaining({ code, by: 'peer' }));
    }
  });

  it('to a request of another time says the time, and is signed', () => {
    const answer = signRefusal(reply, refusedWith(signed.octets, now + 4_000), now + 4_000);
    expect(readTsig(answer, tsigOffset(answer))).toMatchObject({
      timeSigned: now,
      error: Rcode.BADTIME,
      other: Uint8Array.from(Buffer.from('00006955c8a0', 'hex')),
    });
    expect(() => verifyResponse(answer, key, signed.mac, now)).toThrow(
      expect.objectContaining({ code: 'BADTIME', by: 'peer' }),
    );
  });

  it('to a request whose MAC was cut too short is signed', () => {
    const mac = signed.mac.slice(0, 16);
    const answer = signRefusal(reply, refusedWith(resigned({ mac }), now, { shortestMac: 32 }), now);
    expect(() => verifyResponse(answer, key, mac, now)).toThrow(
      expect.objectContaining({ code: 'BADTRUNC', by: 'peer' }),
    );
  });
});

describe('an answer in several messages', () => {
  const messages = Array.from({ length: 5 }, (_, index) =>
    encodeMessage({ ...decodeMessage(reply), recursionDesired: index % 2 === 0 }),
  );
  const stream = () => {
    const signer = new TsigStreamSigner(key, signed.mac);
    return messages.map((message) => signer.sign(message, now));
  };
  const accepted = (received: readonly Uint8Array[]) => {
    const verifier = new TsigStreamVerifier(key, signed.mac);
    const read = received.map((octets) => verifier.accept(octets, now));
    verifier.end();
    return read;
  };

  it('is verified in its order only, and whole', () => {
    expect(accepted(stream())).toEqual(messages);
    const [first, second, third, ...rest] = stream() as [Uint8Array, Uint8Array, Uint8Array];
    expect(() => accepted([first, third, second, ...rest])).toThrow('BADSIG');
    expect(() => accepted([first, third, ...rest])).toThrow('BADSIG');
    expect(() => accepted([second])).toThrow('BADSIG');
    expect(() => accepted([])).toThrow('UNSIGNED');
  });

  it('may leave out signatures, but not of the first, the last, or a hundred in a row', () => {
    const sparse = (unsigned: number) => {
      const signer = new TsigStreamSigner(key, signed.mac);
      const first = signer.sign(reply, now);
      return { signer, sent: [first, ...Array.from({ length: unsigned }, () => reply)] };
    };
    expect(() => accepted(sparse(1).sent)).toThrow('UNSIGNED');
    expect(() => accepted(sparse(100).sent)).toThrow('UNSIGNED');
    expect(() => accepted([reply, ...stream()])).toThrow('UNSIGNED');
    // A message that proves unsigned ones before it is bound to them.
    const { sent } = sparse(2);
    expect(() => accepted([...sent, stream()[1]!])).toThrow('BADSIG');
  });
});
