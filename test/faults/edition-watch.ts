import {
  decodeMessage,
  encodeMessage,
  Name,
  naptr,
  queryFor,
  Rcode,
  RRType,
  soa,
  txt,
  type Message,
  type Question,
} from '@callbook/dns';
import { createSocket, type Socket } from 'node:dgram';
import { alias, firstSerial, numberAt, uriAt } from './played-signer.js';
import type { Chance } from './seed.js';

export interface EditionWatch {
  /** What no client may ever see. */
  readonly faults: readonly string[];
  readonly answers: number;
  /** The oldest of the newest editions that the clients have seen: from here on all of them see this one or later ones. */
  readonly seenByAll: number;
  /** Forgets what was seen, to see again. */
  forget(): void;
  stop(): void;
}

/** A socket each, so that the kernel spreads them over the threads that answer. */
const clients = 8;
/** Milliseconds after which a question is given up. */
const patience = 300;

/**
 * Clients that ask all the time, each question once the one before was answered. To a client, editions never go back; what is in one answer is
 * of one edition; and a number is never denied, or given the address of another.
 */
export function watchEditions(of: {
  readonly port: number;
  readonly numbers: number;
  readonly chance: Chance;
  /** Whether it has to answer now; a replica that starts may say that it is not ready (SERVFAIL). */
  readonly ready: () => boolean;
}): EditionWatch {
  const faults: string[] = [];
  const last: number[] = new Array<number>(clients).fill(0);
  const seen: number[] = new Array<number>(clients).fill(0);
  const sockets: Socket[] = [];
  let answers = 0;
  let stopped = false;

  const check = (client: number, reply: Message, question: Question, index: number | undefined, wasReady: boolean) => {
    const fault = (what: string) => void (faults.length < 50 && faults.push(`client ${client}: ${what}`));
    if (reply.rcode === Rcode.SERVFAIL) return wasReady ? fault('SERVFAIL') : undefined;
    answers += 1;
    const editions = editionsIn(reply);
    if (index !== undefined) {
      const uri = reply.answers.map(({ rdata }) => /sip:[^!]*/.exec(naptr.read(rdata).regexp)?.[0] ?? '').join();
      const own = uriAt(index, 0).replace(/\.0@.*/, '.');
      if (reply.answers.length !== 1 || !uri.startsWith(own)) fault(`number ${index} is ${reply.rcode} ${uri}`);
    } else if (editions.length === 0) return fault(`an answer of no edition: ${reply.rcode}`);
    if (new Set(editions).size > 1) fault(`editions ${editions.join()} in one answer`);
    if (index === undefined && question.name.equals(alias) && editions.length !== 2)
      fault(`half an answer of edition ${editions.join()}`);
    const [edition] = editions;
    if (edition === undefined) return;
    if (edition < last[client]!) fault(`edition ${edition} after ${last[client]}`);
    last[client] = seen[client] = edition;
  };

  for (let client = 0; client < clients; client += 1) {
    const socket = createSocket('udp4');
    sockets.push(socket);
    let id = 0;
    let asked: { question: Question; index: number | undefined; wasReady: boolean };
    let timer: NodeJS.Timeout;
    const ask = () => {
      if (stopped) return;
      const kind = of.chance.between(0, 4);
      const index = kind === 0 ? of.chance.between(0, of.numbers) : undefined;
      const missing = Name.parse(`${of.chance.between(0, 1_000_000)}.missing.callbook.example.`);
      const question =
        index !== undefined
          ? { name: numberAt(index), type: RRType.NAPTR, class: 1 }
          : { name: kind === 1 ? missing : alias, type: kind === 2 ? RRType.A : RRType.TXT, class: 1 };
      asked = { question, index, wasReady: of.ready() };
      id = (id + 1) % 65_536;
      timer = setTimeout(ask, patience);
      socket.send(encodeMessage(queryFor(question, id)), of.port, '127.0.0.1', () => {});
    };
    socket.on('error', () => {}); // nobody is there: asked again soon
    socket.on('message', (octets) => {
      const reply = decodeMessage(octets);
      if (reply.id !== id) return;
      clearTimeout(timer);
      check(client, reply, asked.question, asked.index, asked.wasReady && of.ready());
      setTimeout(ask, 5);
    });
    ask();
  }

  return {
    faults,
    get answers() {
      return answers;
    },
    get seenByAll() {
      return Math.min(...seen);
    },
    forget: () => void seen.fill(0),
    stop: () => {
      stopped = true;
      for (const socket of sockets) socket.close();
    },
  };
}

/** Every edition that an answer is of: that of the alias, that of the text behind it, that of the SOA record. */
function editionsIn({ answers, authorities }: Message): number[] {
  return [...answers, ...authorities].flatMap(({ type, rdata }) => {
    if (type === RRType.CNAME) return Number(/edition-(\d+)/.exec(Name.read(rdata).name.toString())![1]);
    if (type === RRType.TXT) return Number(txt.read(rdata).strings[0]);
    return type === RRType.SOA ? soa.read(rdata).serial - firstSerial : [];
  });
}
