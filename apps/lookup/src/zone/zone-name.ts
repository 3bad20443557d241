import type { Name } from '@callbook/dns';

/** ASCII letters of a name in wire form become small ones (RFC 4343); length octets are below 64 and are never taken for letters. */
export const lowered = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet);

/** The apex of a zone, and names below it without it. */
export class ZoneApex {
  readonly wire: Uint8Array;

  constructor(readonly name: Name) {
    this.wire = name.lower().wire;
  }

  /** Where the apex begins in a name of the zone in any case, -1 when the name is not in the zone. */
  startIn(name: Uint8Array, start: number, end: number): number {
    const apexStart = end - this.wire.length;
    let at = start;
    while (at < apexStart) at += name[at] + 1;
    if (at !== apexStart) return -1;
    for (let index = 0; index < this.wire.length; index += 1)
      if (lowered(name[apexStart + index]) !== this.wire[index]) return -1;
    return apexStart;
  }
}
