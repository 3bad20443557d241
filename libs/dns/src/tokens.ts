import { DnsError } from './errors.js';
import { Name } from './name.js';

/** The fields of one record in presentation form, taken one after the other. Escapes are still in them, quotes are not. */
export class Tokens {
  private at = 0;

  constructor(
    private readonly fields: readonly string[],
    /** What relative names are completed with; without it every name counts as absolute. */
    private readonly origin?: Name,
  ) {}

  get left(): number {
    return this.fields.length - this.at;
  }

  next(): string {
    const field = this.fields[this.at];
    if (field === undefined) throw new DnsError('RDATA_MALFORMED', 'a field is missing at the end');
    this.at += 1;
    return field;
  }

  rest(): readonly string[] {
    const fields = this.fields.slice(this.at);
    this.at = this.fields.length;
    return fields;
  }

  name(): Name {
    return nameIn(this.next(), this.origin);
  }

  /** To be called when all fields of a type were read. */
  close(): void {
    if (this.left > 0) throw new DnsError('RDATA_MALFORMED', `${this.left} fields too many`);
  }
}

/** A name as a zone file means it: `@` and names without a final dot are relative to `origin`, when there is one. */
export function nameIn(text: string, origin: Name | undefined): Name {
  if (!origin) return Name.parse(text);
  if (text === '@') return origin;
  const name = Name.parse(text);
  return isAbsolute(text) ? name : name.concat(origin);
}

/** Whether the final dot is there and is not itself escaped: an even number of backslashes stands before it. */
export function isAbsolute(text: string): boolean {
  if (!text.endsWith('.')) return false;
  let at = text.length - 2;
  while (at >= 0 && text[at] === '\\') at -= 1;
  return (text.length - 2 - at) % 2 === 0;
}
