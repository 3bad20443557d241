import { Rcode } from '@callbook/dns';
import { nameOf, optionOf, optOf, packetOf, questionOf, recordOf, soaOfApex, type Opt } from './packets.js';

/** What has to come back. */
export interface Expected {
  /** Undefined: nothing at all. */
  readonly rcode: number | readonly number[] | undefined;
  /** An OPT record in the reply; default: when one is in the query. */
  readonly edns?: boolean;
  readonly dnssecOk?: boolean;
  /** Codes of options that have to be, or must not be, in the reply. */
  readonly options?: readonly number[];
  readonly noOptions?: readonly number[];
  readonly answered?: boolean;
  readonly truncated?: boolean;
}

export interface OctetCase {
  readonly title: string;
  readonly rfc: string;
  readonly packet: Buffer;
  readonly expected: Expected;
}

const zeros = (count: number) => new Array<number>(count).fill(0);
const withOpt = (opt: Opt = {}) => packetOf({ additionals: [optOf(opt)] });
const withOption = (code: number, data: readonly number[] = []) => withOpt({ options: [optionOf(code, data)] });
const soa: Expected = { rcode: Rcode.NOERROR, answered: true };
const formerr: Expected = { rcode: Rcode.FORMERR };
const silence: Expected = { rcode: undefined };
const badVersion: Expected = { rcode: Rcode.BADVERS, edns: true, answered: false };
const apex = nameOf('callbook.example');
const www = nameOf('www.callbook.example');
const number = nameOf('0.0.1.0.0.9.0.0.7.7.4.4.e164.callbook.example');
const cookie = [1, 2, 3, 4, 5, 6, 7, 8];

const of = (
  rfc: string,
  cases: readonly (readonly [title: string, packet: Buffer, expected: Expected])[],
): OctetCase[] => cases.map(([title, packet, expected]) => ({ rfc, title, packet, expected }));

export const cases: readonly OctetCase[] = [
  ...of('RFC 1035 §4.1.1', [
    ['a query without EDNS', packetOf({}), { ...soa, edns: false }],
    ['a query that wants recursion', packetOf({ flags: 0x0100 }), { ...soa, edns: false }],
    ['AA, RA, Z and an rcode in a query mean nothing', packetOf({ flags: 0x04c3 }), { ...soa, edns: false }],
    ['a reply is not replied to', packetOf({ flags: 0x8000 }), silence],
    ['nor is one that says FORMERR', packetOf({ flags: 0x8001 }), silence],
    ['nothing', Buffer.alloc(0), silence],
    ['an id alone', Buffer.from([0x12, 0x34]), silence],
    ['eleven octets of a header', packetOf({ questions: [] }).subarray(0, 11), silence],
    ['a header alone, with no question', packetOf({ questions: [] }), formerr],
    ['a header that counts a question that is not there', packetOf({ questions: [], counts: [1, 0, 0, 0] }), formerr],
    ['two questions', packetOf({ questions: [soaOfApex, soaOfApex] }), formerr],
    ['65,535 questions, of which one is there', packetOf({ counts: [65_535, 0, 0, 0] }), formerr],
    ['65,535 answers, of which none is there', packetOf({ counts: [1, 65_535, 0, 0] }), formerr],
    ['65,535 additionals, of which none is there', packetOf({ counts: [1, 0, 0, 65_535] }), formerr],
    ['an additional that is not there', packetOf({ counts: [1, 0, 0, 1] }), formerr],
    ['octets after the question', packetOf({ rest: [0] }), formerr],
    ['octets after OPT', packetOf({ additionals: [optOf()], rest: [1, 2, 3] }), formerr],
    ['a question without its class', packetOf({ questions: [[...apex, 0, 6]] }), formerr],
    ['a question without its type', packetOf({ questions: [apex] }), formerr],
    ['a record whose data ends after the message', packetOf({ additionals: [recordOf(www, 1, [1, 2], 4)] }), formerr],
  ]),
  ...of('RFC 1035 §3.1, §4.1.4: names', [
    ['a label that ends after the message', packetOf({ questions: [[63, 97]] }), formerr],
    ['a name without an end', packetOf({ questions: [[1, 97, 1, 98]] }), formerr],
    [
      'a name of 256 octets',
      packetOf({ questions: [questionOf([...new Array<number[]>(127).fill([1, 97]).flat(), 1, 97, 0], 1)] }),
      formerr,
    ],
    ['a label with the bits 01', packetOf({ questions: [questionOf([0x41, 97, 0], 1)] }), formerr],
    ['a label with the bits 10', packetOf({ questions: [questionOf([0x81, 97, 0], 1)] }), formerr],
    ['a pointer to itself', packetOf({ questions: [questionOf([0xc0, 12], 1)] }), formerr],
    ['a pointer forward', packetOf({ questions: [questionOf([0xc0, 20], 1)] }), formerr],
    [
      'a pointer into the header',
      packetOf({ questions: [questionOf([0xc0, 0], 1)] }),
      { rcode: [Rcode.FORMERR, Rcode.REFUSED] },
    ],
    ['a pointer beyond the message', packetOf({ questions: [questionOf([0xff, 0xff], 1)] }), formerr],
    ['half of a pointer', packetOf({ questions: [[0xc0]] }), formerr],
    ['two pointers in a circle', packetOf({ questions: [questionOf([1, 97, 0xc0, 12], 1)] }), formerr],
  ]),
  ...of('RFC 6891 §6.1: OPT', [
    ['EDNS', withOpt(), soa],
    ['a size of 0, which is 512', withOpt({ size: 0 }), soa],
    ['a size of 65,535', withOpt({ size: 65_535 }), soa],
    ['DO comes back', withOpt({ flags: 0x8000 }), { ...soa, dnssecOk: true }],
    ['flags that mean nothing yet do not', withOpt({ flags: 0x3fff }), { ...soa, dnssecOk: false }],
    ['DO with all other flags', withOpt({ flags: 0xffff }), { ...soa, dnssecOk: true }],
    ['an extended rcode in a query means nothing', withOpt({ extendedRcode: 255 }), soa],
    ['two OPT records', packetOf({ additionals: [optOf(), optOf()] }), { ...formerr }],
    ['OPT among the answers', packetOf({ answers: [optOf()] }), { ...formerr, edns: false }],
    ['OPT among the authorities', packetOf({ authorities: [optOf()] }), { ...formerr, edns: false }],
    ['OPT owned by a name', withOpt({ owner: apex }), formerr],
    ['OPT whose data ends after the message', withOpt({ length: 4 }), formerr],
    ['OPT longer than its options', withOpt({ options: [[0]] }), formerr],
    ['three octets of an option', withOpt({ options: [[0, 3, 0]] }), formerr],
    ['an option longer than OPT', withOpt({ options: [optionOf(3, [1], 2)] }), formerr],
    ['an option of 65,535 octets that are not there', withOpt({ options: [optionOf(3, [], 65_535)] }), formerr],
    ['OPT before another additional', packetOf({ additionals: [optOf(), recordOf(www, 1, [192, 0, 2, 1])] }), soa],
    [
      'OPT asked for',
      packetOf({ questions: [questionOf(apex, 41)] }),
      { rcode: [Rcode.FORMERR, Rcode.NOTIMP, Rcode.REFUSED, Rcode.NOERROR], edns: false, answered: false },
    ],
  ]),
  ...of('RFC 6891 §6.1.3: versions', [
    ['version 1', withOpt({ version: 1 }), badVersion],
    ['version 255', withOpt({ version: 255 }), badVersion],
    ['version 1 with DO', withOpt({ version: 1, flags: 0x8000 }), badVersion],
    [
      'version 1 with flags that mean nothing',
      withOpt({ version: 1, flags: 0x0080 }),
      { ...badVersion, dnssecOk: false },
    ],
    [
      'version 1 with an option that is not known',
      withOpt({ version: 1, options: [optionOf(100)] }),
      { ...badVersion, noOptions: [100] },
    ],
    [
      'version 1, for a name of others',
      packetOf({ questions: [questionOf(nameOf('example.net'), 1)], additionals: [optOf({ version: 1 })] }),
      badVersion,
    ],
  ]),
  ...of('RFC 6891 §6.1.2: options', [
    ['an option that is not known is left out', withOption(100), { ...soa, noOptions: [100] }],
    ['one for local use', withOption(65_001, [1, 2, 3]), { ...soa, noOptions: [65_001] }],
    ['code 0', withOption(0), { ...soa, noOptions: [0] }],
    ['the same option twice', withOpt({ options: [optionOf(100), optionOf(100)] }), soa],
    [
      'a hundred of them',
      withOpt({ options: new Array<number[]>(100).fill(optionOf(65_002, [7])) }),
      { ...soa, noOptions: [65_002] },
    ],
    [
      'many that are known',
      withOpt({ options: [optionOf(3), optionOf(8, [0, 1, 24, 0, 192, 0, 2]), optionOf(9), optionOf(10, cookie)] }),
      { ...soa, options: [10] },
    ],
    [
      'version 0 with DO and an option that is not known',
      withOpt({ flags: 0x8000, options: [optionOf(100)] }),
      { ...soa, dnssecOk: true },
    ],
  ]),
  ...of('RFC 5001: NSID', [
    ['asked for', withOption(3), { ...soa, options: [3] }],
    ['not asked for', withOpt(), { ...soa, noOptions: [3] }],
  ]),
  ...of('RFC 7871: client subnet, which is not ours', [
    ['is left out', withOption(8, [0, 1, 24, 0, 192, 0, 2]), { ...soa, noOptions: [8] }],
  ]),
  ...of('RFC 7873 §5: cookies', [
    ['of a client gets one of the server', withOption(10, cookie), { ...soa, options: [10] }],
    [
      'of a server that is not ours gets another',
      withOption(10, [...cookie, ...zeros(16)]),
      { rcode: [Rcode.NOERROR, Rcode.BADCOOKIE], options: [10] },
    ],
    ['of 7 octets', withOption(10, cookie.slice(1)), formerr],
    ['of none', withOption(10), formerr],
    ['of 9 octets', withOption(10, [...cookie, 1]), formerr],
    ['of 15 octets', withOption(10, [...cookie, ...zeros(7)]), formerr],
    ['of 41 octets', withOption(10, [...cookie, ...zeros(33)]), formerr],
    [
      'with no question (§5.4)',
      packetOf({ questions: [], additionals: [optOf({ options: [optionOf(10, cookie)] })] }),
      { rcode: Rcode.NOERROR, options: [10], answered: false },
    ],
  ]),
  ...of('RFC 7828: keepalive', [['over UDP is left out (§3.2.1)', withOption(11), { ...soa, noOptions: [11] }]]),
  ...of('RFC 7830: padding', [
    ['of a query is read over, and over UDP is not answered', withOption(12, zeros(64)), { ...soa, noOptions: [12] }],
    ['that is not of zeros is fine', withOption(12, [1, 2, 3]), soa],
  ]),
  ...of('RFC 6895 §2.2: opcodes', [
    ...[1, 2, 3, 6, 7, 15].map(
      (opcode) =>
        [`opcode ${opcode}`, packetOf({ flags: opcode << 11 }), { rcode: Rcode.NOTIMP, edns: false }] as const,
    ),
    [
      'opcode 15 without a question',
      packetOf({ flags: 15 << 11, questions: [] }),
      { rcode: [Rcode.NOTIMP, Rcode.FORMERR] },
    ],
    ['opcode 15 with EDNS', packetOf({ flags: 15 << 11, additionals: [optOf()] }), { rcode: Rcode.NOTIMP }],
    ['an update', packetOf({ flags: 5 << 11 }), { rcode: [Rcode.NOTIMP, Rcode.REFUSED], edns: false }],
  ]),
  ...of('RFC 1035 §3.2.4, RFC 6895 §3.2: classes', [
    ...[0, 2, 3, 4, 254, 255, 65_535].map(
      (rrClass) =>
        [
          `class ${rrClass}`,
          packetOf({ questions: [questionOf(apex, 6, rrClass)] }),
          { rcode: [Rcode.REFUSED, Rcode.NOTIMP, Rcode.NOTAUTH, Rcode.FORMERR], edns: false, answered: false },
        ] as const,
    ),
  ]),
  ...of('RFC 3597: types that are not known', [
    ...[1_000, 65_280, 65_535].map(
      (type) =>
        [
          `type ${type}`,
          packetOf({ questions: [questionOf(number, type)] }),
          { rcode: Rcode.NOERROR, edns: false, answered: false },
        ] as const,
    ),
  ]),
  ...of('RFC 8482: ANY', [
    [
      'over UDP',
      packetOf({ questions: [questionOf(number, 255)], additionals: [optOf()] }),
      { rcode: Rcode.NOERROR, answered: true },
    ],
  ]),
  ...of('RFC 8906 §8', [
    [
      'a name of others',
      packetOf({ questions: [questionOf(nameOf('example.net'), 1)] }),
      { rcode: Rcode.REFUSED, edns: false, answered: false },
    ],
    ['the root', packetOf({ questions: [questionOf([0], 2)] }), { rcode: Rcode.REFUSED, edns: false, answered: false }],
    ['AD and CD', packetOf({ flags: 0x0030 }), { ...soa, edns: false }],
    [
      'keys that do not fit into 512 octets',
      packetOf({ questions: [questionOf(apex, 48)], additionals: [optOf({ size: 512, flags: 0x8000 })] }),
      { rcode: Rcode.NOERROR },
    ],
  ]),
];
