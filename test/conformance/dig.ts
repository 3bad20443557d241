import { ask, type Address } from '../judges.js';
import type { Question } from './tree.js';

/** What BIND's `dig` shows of one answer. */
export interface Reply {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL` */
  readonly status: string;
  /** `qr`, `aa`, `ad`, `tc` */
  readonly flags: readonly string[];
  /** In presentation form, single blanks between fields. */
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  /** Octets of the message. */
  readonly size: number;
}

/** One `dig` for all questions, one after the other. Errors: when a question had no answer at all. */
export async function dig(
  server: Address,
  questions: readonly Question[],
  options: readonly string[] = ['+dnssec'],
): Promise<Reply[]> {
  const said = await ask('dig', [`@${server.host}`, '-p', String(server.port), ...options, '-f', '-'], {
    input: questions.map(({ name, type }) => `${name} ${type}\n`).join(''),
    timeoutMs: 120_000,
  });
  const replies = said.stdout
    .split(/^;; Got answer:$/m)
    .slice(1)
    .map(read);
  if (replies.length !== questions.length)
    throw new Error(`${replies.length} answers to ${questions.length} questions`);
  return replies;
}

function read(text: string): Reply {
  const section = (name: string) =>
    (new RegExp(`^;; ${name} SECTION:\\n((?:[^;\\n].*\\n)*)`, 'm').exec(text)?.[1] ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/\s+/g, ' '));
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? '',
    flags: (/^;; flags: ([a-z ]*);/m.exec(text)?.[1] ?? '').split(' '),
    answers: section('ANSWER'),
    authorities: section('AUTHORITY'),
    size: Number(/^;; MSG SIZE {2}rcvd: (\d+)/m.exec(text)?.[1]),
  };
}
