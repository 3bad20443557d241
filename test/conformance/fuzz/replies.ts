import { decodeMessage, DnsError, Opcode, Rcode, RRClass, RRType, type Message, type Name } from '@callbook/dns';

export type Transport = 'udp' | 'tcp' | 'https';

/** What may be said to a packet. */
interface Allowed {
  readonly silence: boolean;
  readonly rcodes: readonly number[];
}

const notQuery = [Rcode.NOTIMP, Rcode.REFUSED, Rcode.NOTAUTH, Rcode.FORMERR];
const transfers: readonly number[] = [251, 252];

/** From the packet alone and by another reader than the server's own: this is what no answer may contradict. */
export function allowedReplies(query: Uint8Array, apex: Name, transport: Transport): Allowed {
  if (query.length < 12 || (query[2]! & 0x80) !== 0)
    return { silence: true, rcodes: transport === 'https' ? [Rcode.FORMERR] : [] };
  let message: Message;
  try {
    message = decodeMessage(query);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    const opcode = (query[2]! >> 3) & 15;
    // What the rest of it would be is not known for an opcode or a version that is not known (RFC 6891 §6.1.3).
    return {
      silence: true,
      rcodes: [Rcode.FORMERR, Rcode.BADVERS, ...(opcode === Opcode.QUERY ? [] : [Rcode.NOTIMP])],
    };
  }
  return { silence: false, rcodes: [...rcodesFor(message, apex)] };
}

function rcodesFor(message: Message, apex: Name): readonly number[] {
  const { edns, opcode, questions, additionals } = message;
  const [question] = questions;
  if (opcode !== Opcode.QUERY) return edns && edns.version > 0 ? [...notQuery, Rcode.BADVERS] : notQuery;
  // Records that no query carries may be too many to look at, and what is signed may be so wrongly.
  const others = message.answers.length + message.authorities.length + additionals.length;
  if (edns && edns.version > 0) return others > 0 ? [Rcode.BADVERS, Rcode.FORMERR] : [Rcode.BADVERS];
  const tsig = additionals.some(({ type }) => type === RRType.TSIG);
  const signed = tsig ? [Rcode.NOTAUTH, Rcode.FORMERR] : [];
  const options = [...(edns?.options ?? [])];
  const wrongOption = options.some(({ code, data }) => !isWell(code, data.length)) ? [Rcode.FORMERR] : [];
  const badCookie = options.some(({ code }) => code === 10) ? [Rcode.BADCOOKIE] : [];
  if (!question)
    return [
      options.some(({ code }) => code === 10) ? Rcode.NOERROR : Rcode.FORMERR,
      Rcode.FORMERR,
      ...signed,
      ...badCookie,
    ];
  if (questions.length > 1) return [Rcode.FORMERR, ...signed];
  const extra: number[] = [...signed, ...wrongOption, ...badCookie];
  if (others > 0) extra.push(Rcode.FORMERR);
  if (transfers.includes(question.type))
    return [Rcode.NOERROR, Rcode.REFUSED, Rcode.NOTAUTH, Rcode.NOTIMP, Rcode.FORMERR, ...extra];
  if (question.class !== RRClass.IN) return [Rcode.REFUSED, Rcode.NOTIMP, Rcode.FORMERR, Rcode.NOTAUTH, ...extra];
  // Types that only stand for something in questions, or in none (RFC 6895 §3.1).
  const meta = question.type === 0 || question.type === RRType.OPT || (question.type >= 128 && question.type < 255);
  if (meta) extra.push(Rcode.FORMERR, Rcode.NOTIMP, Rcode.REFUSED);
  if (!question.name.isWithin(apex)) return [Rcode.REFUSED, ...extra];
  return [Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN, ...extra];
}

/** Lengths that options of a query may have, where that is written somewhere. */
function isWell(code: number, length: number): boolean {
  if (code === 10) return length === 8 || (length >= 16 && length <= 40);
  if (code === 11) return length === 0;
  return true;
}

/** What is wrong with a reply, or undefined. */
export function complaintOf(
  query: Uint8Array,
  reply: Uint8Array | undefined,
  apex: Name,
  transport: Transport,
): string | undefined {
  const { silence, rcodes } = allowedReplies(query, apex, transport);
  if (!reply) return silence ? undefined : `silence where ${rcodes.join(', ')} may be said`;
  let message: Message;
  try {
    message = decodeMessage(reply);
  } catch (error) {
    return `a reply that cannot be read: ${String(error)}`;
  }
  if (!message.response) return 'a reply that is a query';
  if (message.opcode !== ((query[2]! >> 3) & 15)) return `opcode ${message.opcode}`;
  if (!rcodes.includes(message.rcode))
    return `rcode ${message.rcode} where ${rcodes.join(', ') || 'nothing'} may be said`;
  if (message.recursionAvailable) return 'recursion is offered';
  if (transport === 'udp' && reply.length > 1_232) return `${reply.length} octets over UDP`;
  if (message.questions.length > 1) return 'more than one question comes back';
  return undefined;
}
