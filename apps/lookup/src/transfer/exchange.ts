import {
  signRefusal,
  TsigStreamSigner,
  verifyRequest,
  type Message,
  type Name,
  type TsigKey,
  type TsigPolicy,
} from '@callbook/dns';

/** A request after its TSIG was looked at. */
export interface Exchange {
  /** Without its TSIG. */
  readonly request: Uint8Array;
  /** With which it was verified. */
  readonly key: TsigKey | undefined;
  /** It must not be done: the answer is NOTAUTH (RFC 8945 §5.2). */
  readonly isForged: boolean;
  /** Signs each message of the answer in its turn; gives back what it got where the request was not signed. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** @param clock milliseconds since 1970. @throws DnsError MESSAGE_TSIG_INVALID, which is FORMERR */
export function openExchange(octets: Uint8Array, keys: TsigPolicy, clock: () => number): Exchange {
  const now = () => Math.floor(clock() / 1_000);
  const request = verifyRequest(octets, keys, now());
  switch (request.kind) {
    case 'unsigned':
      return { request: octets, key: undefined, isForged: false, sign: (message) => message };
    case 'refused':
      return {
        ...{ request: request.message, key: undefined, isForged: true },
        sign: (message) => signRefusal(message, request, now()),
      };
    case 'verified': {
      const signer = new TsigStreamSigner(request.key, request.mac);
      return {
        ...{ request: request.message, key: request.key, isForged: false },
        sign: (message) => signer.sign(message, now()),
      };
    }
  }
}

export function policyOf(keys: readonly TsigKey[]): TsigPolicy {
  const byName = new Map(keys.map((key) => [key.name.key, key]));
  return { key: (name: Name) => byName.get(name.key) };
}

/** A reply without records. More questions than one are not repeated: they may be as many as fit into the query. */
export const replyTo = (query: Message, rcode: number): Message => ({
  ...query,
  questions: query.questions.length === 1 ? query.questions : [],
  ...{ response: true, authoritative: false, truncated: false, recursionAvailable: false, authenticData: false, rcode },
  ...{ answers: [], authorities: [], additionals: [] },
  ...(query.edns ? { edns: { ...query.edns, udpSize: ourUdpSize, version: 0, compactOk: false, options: [] } } : {}),
});

/** The EDNS payload size that we offer (RFC 6891 §6.2.5). */
export const ourUdpSize = 1_232;
