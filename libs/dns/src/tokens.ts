import { DnsError } from './errors.js';
import { Name } from './name.js';

/** What relative names are completed with. `'none'`: they are refused. Undefined: every name counts as absolute. */
export type Origin = Name | 'none' | undefined;

/** The fields of one record in presentation form, taken one after the other. Escapes are still in them, quotes are not. */
export class Tokens {
  private at = 0;

  constructor(
    private readonly fields: readonly string[],
    private readonly origin?: Origin,
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

/**
 * A name as a zone file means it: `@` and names without a final dot are relative to `origin`.
 * @throws DnsError of the NAME and LABEL families; NAME_MALFORMED for a relative name without an origin
 */
export function nameIn(text: string, origin: Origin): Name {
  if (text === '@' && origin instanceof Name) return origin;
  if (text === last.text) return last.name;
  const name = Name.parse(text);
  if (isAbsolute(text)) {
    last.text = text;
    return (last.name = name);
  }
  if (origin === undefined) return name;
  if (origin === 'none')
    throw new DnsError('NAME_MALFORMED', `${JSON.stringify(text)} is relative and there is no origin`);
  return name.concat(origin);
}

/** The absolute name that was read last: in a signed zone all signatures name one signer. */
const last = { text: '.', name: Name.root };

/** Whether the final dot is there and is not itself escaped: an even number of backslashes stands before it. */
function isAbsolute(text: string): boolean {
  if (!text.endsWith('.')) return false;
  let at = text.length - 2;
  while (at >= 0 && text[at] === '\\') at -= 1;
  return (text.length - 2 - at) % 2 === 0;
}
