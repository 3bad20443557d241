import { tsigTimers, tsigVariables } from './tsig-record.js';
import { macBefore, sign, signedPartOf, TsigError, verifyMac, withId, type TsigKey } from './tsig.js';

/** Signs each message of an answer that is several, such as a zone transfer (RFC 8945 §5.3.1). */
export class TsigStreamSigner {
  private first = true;

  constructor(
    private readonly key: TsigKey,
    /** Of the request; then of the message before. */
    private mac: Uint8Array,
  ) {}

  /** @param now in seconds */
  sign(message: Uint8Array, now: number): Uint8Array {
    const variables = this.first ? tsigVariables : tsigTimers;
    const { octets, mac } = sign(message, this.key, { timeSigned: now }, variables, [macBefore(this.mac)]);
    this.first = false;
    this.mac = mac;
    return octets;
  }
}

/** RFC 8945 §5.3.1: at most 99 messages without TSIG between two with it. */
const mostUnsigned = 99;

/** Checks such an answer: the first message is signed, the last, and at least each hundredth between them. */
export class TsigStreamVerifier {
  private first = true;
  private unsigned: Uint8Array[] = [];

  constructor(
    private readonly key: TsigKey,
    private mac: Uint8Array,
  ) {}

  /**
   * The message without its TSIG. One that had none is proved by a later one only: nothing may be used before `end`. @param now in seconds
   * @throws TsigError, DnsError MESSAGE_TSIG_INVALID
   */
  accept(octets: Uint8Array, now: number): Uint8Array {
    const part = signedPartOf(octets, this.key);
    if (!part) {
      this.unsigned.push(octets);
      if (this.first || this.unsigned.length > mostUnsigned) throw new TsigError('UNSIGNED');
      return octets;
    }
    const { message, record } = part;
    const variables = this.first ? tsigVariables(record) : tsigTimers(record);
    verifyMac(this.key, record, [macBefore(this.mac), ...this.unsigned, message, variables], now);
    this.first = false;
    this.unsigned = [];
    this.mac = record.mac;
    return withId(message, (octets[0]! << 8) | octets[1]!);
  }

  /** To be called when the answer is whole. @throws TsigError when its last message was not signed. */
  end(): void {
    if (this.first || this.unsigned.length > 0) throw new TsigError('UNSIGNED');
  }
}
