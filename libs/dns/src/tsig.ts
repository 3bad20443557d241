import { createHmac, timingSafeEqual } from 'node:crypto';
import { DnsError } from './errors.js';
import { Rcode } from './message.js';
import { Name } from './name.js';
import {
  misplacedTsig,
  noTsig,
  readTsig,
  sizeOf,
  tsigOffset,
  tsigVariables,
  u48,
  withoutTsig,
  withTsigRecord,
  type TsigRecord,
} from './tsig-record.js';

export type TsigAlgorithm = 'hmac-sha256' | 'hmac-sha512';

/** A secret shared by two hosts (RFC 8945 §2). */
export interface TsigKey {
  readonly name: Name;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

const algorithms = {
  'hmac-sha256': { hash: 'sha256', octets: 32, name: Name.parse('hmac-sha256.') },
  'hmac-sha512': { hash: 'sha512', octets: 64, name: Name.parse('hmac-sha512.') },
} as const;

/** Seconds that clocks may differ (RFC 8945 §10 recommends 300). */
const fudge = 300;

/** Reads a key as `name=hmac-sha256:secret`, the secret in base64. @throws DnsError VALUE_OUT_OF_RANGE, which does not repeat the text. */
export function tsigKeyOf(text: string): TsigKey {
  const [, name, algorithm, secret] = /^([^=]+)=(hmac-sha(?:256|512)):([A-Za-z0-9+/]+={0,2})$/i.exec(text) ?? [];
  if (!name || !algorithm || !secret)
    throw new DnsError('VALUE_OUT_OF_RANGE', 'a TSIG key is not name=algorithm:base64');
  return {
    name: Name.parse(name),
    algorithm: algorithm.toLowerCase() as TsigAlgorithm,
    secret: Uint8Array.from(Buffer.from(secret, 'base64')),
  };
}

/** Octets that signing with the key adds to a message. */
export const tsigSize = ({ name, algorithm }: TsigKey): number =>
  sizeOf({
    name,
    algorithm: algorithms[algorithm].name,
    mac: new Uint8Array(algorithms[algorithm].octets),
    other: none,
  });

const none = new Uint8Array();

/** A message with its TSIG, and the MAC that the next message of the exchange is bound to. */
export interface Signed {
  readonly octets: Uint8Array;
  readonly mac: Uint8Array;
}

/** @param now in seconds */
export const signRequest = (message: Uint8Array, key: TsigKey, now: number): Signed =>
  sign(message, key, { timeSigned: now }, tsigVariables);

/** Signs the answer to the request that had `requestMac`, or the first message of several (RFC 8945 §5.3). @param now in seconds */
export const signResponse = (message: Uint8Array, key: TsigKey, requestMac: Uint8Array, now: number): Signed =>
  sign(message, key, { timeSigned: now }, tsigVariables, [macBefore(requestMac)]);

/** @internal */
export function sign(
  message: Uint8Array,
  key: TsigKey,
  said: Pick<TsigRecord, 'timeSigned'> & Partial<Pick<TsigRecord, 'error' | 'other'>>,
  variables: (record: Omit<TsigRecord, 'mac' | 'originalId'>) => Uint8Array,
  before: readonly Uint8Array[] = [],
): Signed {
  const record = { name: key.name, algorithm: algorithms[key.algorithm].name, fudge, error: 0, other: none, ...said };
  const mac = macOf(key, [...before, message, variables(record)]);
  return { octets: withTsigRecord(message, { ...record, mac, originalId: idOf(message) }), mac };
}

/** The MAC of the message before, as it is signed again with the next. @internal */
export const macBefore = (mac: Uint8Array): Uint8Array => Uint8Array.of(mac.length >> 8, mac.length, ...mac);

/** @internal */
export function macOf({ algorithm, secret }: TsigKey, parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac(algorithms[algorithm].hash, secret);
  for (const part of parts) hmac.update(part);
  return Uint8Array.from(hmac.digest());
}

const idOf = (message: Uint8Array) => (message[0]! << 8) | message[1]!;

/** A request of which nothing may be believed. `signRefusal` makes the answer that its sender can check. */
export interface RefusedRequest {
  readonly kind: 'refused';
  readonly error: 'BADKEY' | 'BADSIG' | 'BADTIME' | 'BADTRUNC';
  /** Without its TSIG, under the id it came with. */
  readonly message: Uint8Array;
  readonly record: TsigRecord;
  /** Undefined for BADKEY. */
  readonly key?: TsigKey;
}

export type CheckedRequest =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'verified'; readonly message: Uint8Array; readonly key: TsigKey; readonly mac: Uint8Array }
  | RefusedRequest;

export interface TsigPolicy {
  /** The key of that name. */
  readonly key: (name: Name) => TsigKey | undefined;
  /**
   * Octets of a MAC that was cut, below which it is not enough (BADTRUNC). Half of the whole is the least that may be sent at all
   * (RFC 8945 §5.2.2.1), and the default.
   */
  readonly shortestMac?: number;
}

/**
 * Key, MAC, time and length of the MAC, in the order of RFC 8945 §5.2.
 * @param now in seconds
 * @throws DnsError MESSAGE_TSIG_INVALID, which a server answers with FORMERR
 */
export function verifyRequest(octets: Uint8Array, policy: TsigPolicy, now: number): CheckedRequest {
  const at = tsigOffset(octets);
  if (at === noTsig) return { kind: 'unsigned' };
  if (at === misplacedTsig) throw new DnsError('MESSAGE_TSIG_INVALID', 'TSIG is not the last of the additionals');
  const record = readTsig(octets, at);
  const message = withoutTsig(octets, at, idOf(octets));
  const key = policy.key(record.name);
  if (!key || !isOf(key, record)) return { kind: 'refused', error: 'BADKEY', message, record };
  checkMacSize(key, record);
  const signed = withoutTsig(octets, at, record.originalId);
  if (!sameMac(record.mac, macOf(key, [signed, tsigVariables(record)])))
    return { kind: 'refused', error: 'BADSIG', message, record, key };
  if (isUntimely(record, now)) return { kind: 'refused', error: 'BADTIME', message, record, key };
  if (record.mac.length < Math.min(policy.shortestMac ?? 0, algorithms[key.algorithm].octets))
    return { kind: 'refused', error: 'BADTRUNC', message, record, key };
  return { kind: 'verified', message, key, mac: record.mac };
}

/**
 * The TSIG on the answer (rcode NOTAUTH) to a request that was refused, RFC 8945 §5.3.2: without a MAC where the two have no key in common,
 * signed where they have, and with BADTIME the server's time. @param now in seconds
 */
export function signRefusal(reply: Uint8Array, { error, record, key }: RefusedRequest, now: number): Uint8Array {
  if (!key || error === 'BADKEY' || error === 'BADSIG') {
    const unsigned = { mac: none, other: none, timeSigned: now, fudge, error: Rcode[error] };
    return withTsigRecord(reply, {
      ...{ name: record.name, algorithm: record.algorithm, originalId: idOf(reply) },
      ...unsigned,
    });
  }
  const said =
    error === 'BADTIME'
      ? { timeSigned: record.timeSigned, error: Rcode.BADTIME, other: u48(now) }
      : { timeSigned: now, error: Rcode[error] };
  return sign(reply, key, said, tsigVariables, [macBefore(record.mac)]).octets;
}

/**
 * Why an answer is not to be believed: it has no TSIG, its MAC, time or length does not hold, or (`peer`) it says that the request's
 * did not.
 */
export class TsigError extends Error {
  override readonly name = 'TsigError';

  constructor(
    readonly code: 'UNSIGNED' | 'BADKEY' | 'BADSIG' | 'BADTIME' | 'BADTRUNC',
    readonly by: 'us' | 'peer' = 'us',
  ) {
    super(`${code}${by === 'peer' ? ', says the peer' : ''}`);
  }
}

/**
 * The answer to a request that had `requestMac`, without its TSIG. @param now in seconds
 * @throws TsigError, DnsError MESSAGE_TSIG_INVALID
 */
export function verifyResponse(octets: Uint8Array, key: TsigKey, requestMac: Uint8Array, now: number): Uint8Array {
  const { message, record } = signedPartOf(octets, key) ?? unsigned();
  verifyMac(key, record, [macBefore(requestMac), message, tsigVariables(record)], now);
  return withId(message, idOf(octets));
}

const unsigned = (): never => {
  throw new TsigError('UNSIGNED');
};

/** The message as it was signed and its TSIG; undefined when there is none. @throws TsigError, DnsError @internal */
export function signedPartOf(
  octets: Uint8Array,
  key: TsigKey,
): { message: Uint8Array; record: TsigRecord } | undefined {
  const at = tsigOffset(octets);
  if (at === noTsig) return undefined;
  if (at === misplacedTsig) throw new DnsError('MESSAGE_TSIG_INVALID', 'TSIG is not the last of the additionals');
  const record = readTsig(octets, at);
  if (record.error === Rcode.BADKEY) throw new TsigError('BADKEY', 'peer');
  if (record.error === Rcode.BADSIG) throw new TsigError('BADSIG', 'peer');
  if (!isOf(key, record)) throw new TsigError('BADKEY');
  checkMacSize(key, record);
  return { message: withoutTsig(octets, at, record.originalId), record };
}

/** @throws TsigError @internal */
export function verifyMac(key: TsigKey, record: TsigRecord, parts: readonly Uint8Array[], now: number): void {
  if (!sameMac(record.mac, macOf(key, parts))) throw new TsigError('BADSIG');
  if (record.error === Rcode.BADTIME) throw new TsigError('BADTIME', 'peer');
  if (record.error === Rcode.BADTRUNC) throw new TsigError('BADTRUNC', 'peer');
  if (isUntimely(record, now)) throw new TsigError('BADTIME');
}

/** @internal */
export function withId(message: Uint8Array, id: number): Uint8Array {
  message[0] = id >>> 8;
  message[1] = id;
  return message;
}

const isOf = (key: TsigKey, record: TsigRecord) =>
  record.name.equals(key.name) && record.algorithm.equals(algorithms[key.algorithm].name);

/** RFC 8945 §5.2.2.1: longer than the hash, or shorter than ten octets or half of it, nobody may send. */
function checkMacSize(key: TsigKey, { mac }: TsigRecord): void {
  const whole = algorithms[key.algorithm].octets;
  if (mac.length > whole || mac.length < Math.max(10, whole / 2))
    throw new DnsError('MESSAGE_TSIG_INVALID', `a MAC of ${mac.length} octets`);
}

/** In the same time wherever the first difference is. A MAC that was cut is as much as there is of it. */
const sameMac = (given: Uint8Array, whole: Uint8Array) => timingSafeEqual(given, whole.subarray(0, given.length));

const isUntimely = (record: TsigRecord, now: number) => Math.abs(now - record.timeSigned) > record.fudge;
