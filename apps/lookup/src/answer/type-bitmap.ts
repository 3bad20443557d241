import { RRType } from '@callbook/dns';

/** Types of one name that a proof can name. The zone's own limits keep names far below. */
const mostTypes = 1_024;

/** The type bitmap of an NSEC that is made on line (RFC 4034 §4.1.2): with RRSIG and NSEC always, since both come with it (RFC 9824 §3). */
export class TypeBitmap {
  readonly octets = new Uint8Array(8_704);
  length = 0;
  private readonly types = new Uint16Array(mostTypes + 2);
  private count = 0;

  /** A name that is not there. */
  ofNothing(): void {
    this.begin();
    this.add(RRType.NXNAME);
    this.finish();
  }

  begin(): void {
    this.count = 0;
  }

  /** In ascending order. Errors: RangeError beyond any name that is held here. */
  add(type: number): void {
    const { types } = this;
    if (type === RRType.RRSIG || type === RRType.NSEC) return;
    if (this.count === mostTypes) throw new RangeError('too many types at one name');
    if (type > RRType.NSEC && (this.count === 0 || types[this.count - 1]! < RRType.RRSIG)) this.addOwn();
    types[this.count++] = type;
  }

  finish(): void {
    if (this.count === 0 || this.types[this.count - 1]! < RRType.RRSIG) this.addOwn();
    const { types, octets } = this;
    let at = 0;
    for (let index = 0; index < this.count;) {
      const window = types[index]! >> 8;
      let last = index;
      while (last + 1 < this.count && types[last + 1]! >> 8 === window) last += 1;
      const length = ((types[last]! & 0xff) >> 3) + 1;
      octets[at] = window;
      octets[at + 1] = length;
      octets.fill(0, at + 2, at + 2 + length);
      for (; index <= last; index += 1) octets[at + 2 + ((types[index]! & 0xff) >> 3)]! |= 0x80 >> (types[index]! & 7);
      at += 2 + length;
    }
    this.length = at;
  }

  private addOwn(): void {
    this.types[this.count++] = RRType.RRSIG;
    this.types[this.count++] = RRType.NSEC;
  }
}
