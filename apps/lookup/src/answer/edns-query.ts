/** IANA "DNS EDNS0 Option Codes". */
export const option = { nsid: 3, cookie: 10, keepalive: 11, padding: 12, extendedError: 15 } as const;

export const ednsFlag = { dnssecOk: 0x8000, compactOk: 0x4000 } as const;

/** What a client says in OPT (RFC 6891). */
export class EdnsQuery {
  present = false;
  udpSize = 0;
  version = 0;
  dnssecOk = false;
  /** RFC 9824 §5.1 */
  compactOk = false;
  wantsNsid = false;
  /** Octets of the keepalive option, -1 without one. */
  keepaliveOctets = -1;
  /** Where the data of the first cookie lies (RFC 7873 §5.2: others are of no meaning); -1 octets: none came. */
  cookieAt = 0;
  cookieOctets = -1;
  /** RFC 7873 §5.2.2 */
  cookieMalformed = false;

  begin(): void {
    this.present = this.dnssecOk = this.compactOk = this.wantsNsid = this.cookieMalformed = false;
    this.udpSize = this.version = 0;
    this.keepaliveOctets = this.cookieOctets = -1;
  }

  /** Reads OPT behind its type. @returns where it ends, -1 when its options do not fill it exactly */
  read(octets: Uint8Array, at: number, end: number): number {
    if (at + 8 > end) return -1;
    this.present = true;
    this.udpSize = (octets[at]! << 8) | octets[at + 1]!;
    this.version = octets[at + 3]!;
    const flags = (octets[at + 4]! << 8) | octets[at + 5]!;
    this.dnssecOk = (flags & ednsFlag.dnssecOk) !== 0;
    this.compactOk = (flags & ednsFlag.compactOk) !== 0;
    const stop = at + 8 + ((octets[at + 6]! << 8) | octets[at + 7]!);
    if (stop > end) return -1;
    let next = at + 8;
    while (next < stop) {
      if (stop - next < 4) return -1;
      const code = (octets[next]! << 8) | octets[next + 1]!;
      const length = (octets[next + 2]! << 8) | octets[next + 3]!;
      next += 4;
      if (length > stop - next) return -1;
      if (code === option.cookie) {
        if (this.cookieOctets < 0) {
          this.cookieAt = next;
          this.cookieOctets = length;
        }
      } else if (code === option.nsid) this.wantsNsid = true;
      else if (code === option.keepalive) this.keepaliveOctets = length;
      next += length;
    }
    return stop;
  }
}
