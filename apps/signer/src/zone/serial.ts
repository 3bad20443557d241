import { serialAdd, serialCompare } from '@callbook/dns';

/**
 * The serial after `current`, where there is one: Unix time where that is ahead, so that a database restored from a dump does not repeat serials that were
 * published after it; else one more. Both are steps forward in the circle of RFC 1982.
 */
export function nextSerial(current: number | undefined, nowMs: number): number {
  const time = Math.floor(nowMs / 1_000) >>> 0;
  return current === undefined || serialCompare(time, current) > 0 ? time : serialAdd(current, 1);
}

/** The one that comes last, of those that there are; an earlier one in the list where RFC 1982 defines no order. */
export const latestSerial = (...serials: readonly (number | undefined)[]): number | undefined =>
  serials.reduce((latest, serial) => {
    if (latest === undefined || serial === undefined) return latest ?? serial;
    return serialCompare(serial, latest) > 0 ? serial : latest;
  }, undefined);
