/** Packets put together octet by octet, not by libs/dns: what is wrong in them could not be written with it. */
export interface Parts {
  /** QR, opcode, AA, TC, RD in the first octet; RA, Z, AD, CD, rcode in the second. */
  readonly flags?: number;
  /** Questions, answers, authorities, additionals, as the header counts them; what there is unless given. */
  readonly counts?: readonly [number, number, number, number];
  readonly questions?: readonly (readonly number[])[];
  readonly answers?: readonly (readonly number[])[];
  readonly authorities?: readonly (readonly number[])[];
  readonly additionals?: readonly (readonly number[])[];
  /** After the last record. */
  readonly rest?: readonly number[];
}

const u16 = (value: number) => [value >> 8, value & 0xff];

export function packetOf({
  flags = 0,
  questions = [soaOfApex],
  answers = [],
  authorities = [],
  additionals = [],
  counts = [questions.length, answers.length, authorities.length, additionals.length],
  rest = [],
}: Parts): Buffer {
  const sections = [...questions, ...answers, ...authorities, ...additionals].flat();
  return Buffer.from([0x12, 0x34, ...u16(flags), ...counts.flatMap(u16), ...sections, ...rest]);
}

/** `www.callbook.example.` with its labels as they are given. */
export const nameOf = (name: string): number[] => [
  ...name
    .split('.')
    .filter((label) => label !== '')
    .flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]),
  0,
];

export const questionOf = (name: readonly number[], type: number, rrClass = 1): number[] => [
  ...name,
  ...u16(type),
  ...u16(rrClass),
];

const apex = nameOf('callbook.example');
export const soaOfApex = questionOf(apex, 6);

export interface Opt {
  readonly owner?: readonly number[];
  readonly size?: number;
  readonly version?: number;
  readonly extendedRcode?: number;
  readonly flags?: number;
  readonly options?: readonly (readonly number[])[];
  /** RDLENGTH; what there is unless given. */
  readonly length?: number;
}

/** RFC 6891 §6.1.2 */
export function optOf({
  owner = [0],
  size = 1_232,
  version = 0,
  extendedRcode = 0,
  flags = 0,
  options = [],
  length,
}: Opt = {}): number[] {
  const data = options.flat();
  return [
    ...owner,
    ...u16(41),
    ...u16(size),
    extendedRcode,
    version,
    ...u16(flags),
    ...u16(length ?? data.length),
    ...data,
  ];
}

export const optionOf = (code: number, data: readonly number[] = [], length = data.length): number[] => [
  ...u16(code),
  ...u16(length),
  ...data,
];

/** A record of the type with data of so many zeros. */
export const recordOf = (
  name: readonly number[],
  type: number,
  data: readonly number[],
  length = data.length,
): number[] => [...name, ...u16(type), ...u16(1), ...[0, 0, 0, 0], ...u16(length), ...data];
