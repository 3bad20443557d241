import { decodeMessage, RRType, tsigOffset } from '@callbook/dns';

/** What is done to the messages of one transfer, each in its turn. `end` closes the connection after the octets. */
export type Harm = () => (message: Uint8Array) => { readonly octets: Uint8Array; readonly end?: boolean };

/** A message behind its length. */
export function framed(message: Uint8Array): Buffer {
  const octets = Buffer.alloc(2 + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, 2);
  return octets;
}

const nothing = new Uint8Array();

/** No more than so many octets come through, lengths among them. */
export const cutAfter =
  (most: number): Harm =>
  () => {
    let left = most;
    return (message) => {
      const octets = framed(message).subarray(0, left);
      left -= octets.length;
      return { octets, end: left === 0 };
    };
  };

/** All but so many octets of the last message come through. */
export const cutBeforeEnd =
  (octets: number): Harm =>
  () =>
  (message) =>
    isLast(message) ? { octets: framed(message).subarray(0, -octets), end: true } : { octets: framed(message) };

export const withoutLast: Harm = () => (message) =>
  isLast(message) ? { octets: nothing, end: true } : { octets: framed(message) };

/** One bit is turned over, in the message or in its MAC, so far into it as `place` (0 to 1) says. */
export const bitTurned =
  (place: number, bit: number): Harm =>
  () => {
    let done = false;
    return (message) => {
      if (!done) {
        // Its id, and what TSIG leaves out, nobody proves.
        const at = tsigOffset(message);
        const macEnd = message.length - 6;
        const places = at - 2 + 16;
        const chosen = 2 + Math.floor(place * places);
        message[chosen < at ? chosen : macEnd - 16 + (chosen - at)]! ^= 1 << bit;
      }
      done = true;
      return { octets: framed(message) };
    };
  };

/** Of a transfer in several messages: the second does not come. */
export const secondDropped: Harm = () => {
  let index = -1;
  return (message) => ({ octets: (index += 1) === 1 ? nothing : framed(message), end: isLast(message) });
};

/** The second comes before the first. */
export const firstLate: Harm = () => {
  let first: Buffer | undefined;
  let index = -1;
  return (message) => {
    index += 1;
    if (index === 0) first = framed(message);
    const octets = index === 0 ? nothing : index === 1 ? Buffer.concat([framed(message), first!]) : framed(message);
    return { octets, end: isLast(message) };
  };
};

/** Without TSIG: every message, or the last alone. */
export const unsigned =
  (which: 'all' | 'last'): Harm =>
  () =>
  (message) => ({ octets: framed(which === 'all' || isLast(message) ? stripped(message) : message) });

function stripped(message: Uint8Array): Uint8Array {
  const octets = message.slice(0, tsigOffset(message));
  octets[11]! -= 1;
  return octets;
}

/** Its last record is an SOA: nothing follows, or in IXFR another change. */
const isLast = (message: Uint8Array) => decodeMessage(message).answers.at(-1)?.type === RRType.SOA;
