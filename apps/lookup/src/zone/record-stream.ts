import { ZoneError } from './zone-error.js';
import type { ZoneBuilder } from './zone-builder.js';

/** Octets between the name and the rdata of a record: type, class, TTL, RDLENGTH. */
const middle = 10;

/** Records one after the other, as `writeRR` writes them, in pieces that are cut anywhere. */
export class RecordStream {
  /** The beginning of a record whose end has not come. */
  private rest = new Uint8Array(0);

  constructor(private readonly builder: ZoneBuilder) {}

  /** Errors: ZoneError for what is no record of the zone. */
  add(piece: Uint8Array): void {
    let octets = piece;
    if (this.rest.length > 0) {
      octets = new Uint8Array(this.rest.length + piece.length);
      octets.set(this.rest);
      octets.set(piece, this.rest.length);
    }
    let at = 0;
    for (let end = this.read(octets, 0); end > 0; end = this.read(octets, at)) at = end;
    // A copy: whoever brings the pieces may use their memory again. (`slice` of a Buffer is none.)
    this.rest = new Uint8Array(octets.subarray(at));
  }

  /** Errors: ZoneError when the last record is not whole. */
  end(): void {
    if (this.rest.length > 0) throw new ZoneError('the records end in the middle of one');
  }

  /** @returns where the record ends, 0 when that is not here */
  private read(octets: Uint8Array, start: number): number {
    let at = start;
    for (let label = octets[at]; label !== 0; label = octets[at]) {
      if (label === undefined) return 0;
      if (label > 63 || at + label - start > 253) throw new ZoneError('a record whose name is none');
      at += label + 1;
    }
    const nameEnd = at + 1;
    const rdata = nameEnd + middle;
    if (rdata > octets.length) return 0;
    const end = rdata + u16(octets, rdata - 2);
    if (end > octets.length) return 0;
    const ttl = u16(octets, nameEnd + 4) * 0x10000 + u16(octets, nameEnd + 6);
    this.builder.add(octets, start, nameEnd, u16(octets, nameEnd), u16(octets, nameEnd + 2), ttl, octets, rdata, end);
    return end;
  }
}

const u16 = (octets: Uint8Array, at: number) => (octets[at] << 8) | octets[at + 1];
