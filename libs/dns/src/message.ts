import type { Edns } from './edns.js';
import type { Name } from './name.js';
import type { RR } from './rr.js';

export interface Question {
  name: Name;
  type: number;
  class: number;
}

/** A DNS message (RFC 1035 §4). The OPT pseudo-record is `edns` and stands in no section. */
export interface Message {
  id: number;
  response: boolean;
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  recursionAvailable: boolean;
  authenticData: boolean;
  checkingDisabled: boolean;
  /** 12 bits: the upper eight travel in OPT, so more than 15 needs `edns`. */
  rcode: number;
  questions: readonly Question[];
  answers: readonly RR[];
  authorities: readonly RR[];
  additionals: readonly RR[];
  edns?: Edns;
}

/** A query with one question and no flag but those given; `id` is the asker's to choose, from good randomness (RFC 5452 §9.2). */
export function queryFor(
  question: Question,
  id: number,
  given: Partial<Pick<Message, 'recursionDesired' | 'checkingDisabled' | 'edns'>> = {},
): Message {
  return {
    id,
    response: false,
    opcode: Opcode.QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: Rcode.NOERROR,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    ...given,
  };
}

/** IANA "DNS OpCodes". */
export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const;

/** IANA "DNS RCODEs". */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const;

/** Bits of the second 16 of the header. */
export const flag = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
} as const;
