import { canonicalRdata, decodeMessage, Name, RRType, rdataText, typeName, type Message, type RR } from '@callbook/dns';

export const sections = ['answer', 'authority', 'additional'] as const;
export type Section = (typeof sections)[number];

/** An answer as far as it may be compared: what is in it, in no order and in one spelling. */
export interface Answer {
  readonly message: Message;
  readonly size: number;
  readonly rcode: number;
  /** `aa tc rd ra ad cd`, those that are set. */
  readonly flags: string;
  /** The question as it came back. */
  readonly question: string;
  /** Whether there is an OPT record, its version, and DO in it. */
  readonly edns: string;
  readonly sections: Readonly<Record<Section, ReadonlySet<string>>>;
}

/** @throws DnsError when it is not a message */
export function readAnswer(octets: Uint8Array): Answer {
  const message = decodeMessage(octets);
  const { edns, questions } = message;
  const flags = {
    aa: message.authoritative,
    tc: message.truncated,
    rd: message.recursionDesired,
    ra: message.recursionAvailable,
    ad: message.authenticData,
    cd: message.checkingDisabled,
  };
  return {
    message,
    size: octets.length,
    rcode: message.rcode,
    flags: Object.entries(flags)
      .flatMap(([flag, isSet]) => (isSet ? [flag] : []))
      .join(' '),
    question: questions.map(({ name, type, class: of }) => `${name} ${of} ${type}`).join(' / '),
    edns: edns ? `EDNS ${edns.version}${edns.dnssecOk ? ' do' : ''}` : 'none',
    sections: {
      answer: setOf(message.answers),
      authority: setOf(message.authorities),
      additional: setOf(message.additionals),
    },
  };
}

const setOf = (records: readonly RR[]): ReadonlySet<string> => new Set(records.map(lineOf));

/** Owner in lower case, and data in canonical form (RFC 4034 §6.2): equal for equal records. */
export function lineOf({ name, type, class: of, ttl, rdata }: RR): string {
  return `${name.lower()} ${ttl} ${of} ${typeName(type)} ${dataOf(type, rdata)}`;
}

function dataOf(type: number, rdata: Uint8Array): string {
  const canonical = type === RRType.RRSIG ? rdata : canonicalRdata(type, rdata);
  return rdataText(type, canonical);
}

/** The owner of a line, its TTL and type; of an RRSIG also the type that it covers. */
export function partsOf(line: string): { owner: string; ttl: number; type: string; covers: string } {
  const [owner = '', ttl = '', , type = '', covers = ''] = line.split(' ');
  return { owner, ttl: Number(ttl), type, covers: type === 'RRSIG' ? covers : '' };
}

export const isBelow = (name: string, above: Name) => Name.parse(name).isWithin(above);

export const minus = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((line) => !b.has(line));
