import { encodeMessage, Name, queryFor, typeCode } from '@callbook/dns';
import { readFileSync, writeFileSync } from 'node:fs';
import { judge } from '../../judges.js';
import { outputOf, type Load, type Loaded } from './load.js';

const connections = 8;
const requestsAtOnce = 32;
/** Different questions; more would be read for longer than they are asked. */
const mostQuestions = 20_000;

/** DNS over HTTPS (RFC 8484) with GET over HTTP/2, as fast as the server answers (h2load). @throws Error when nothing is answered */
export async function loadHttps({ port, file, seconds, dnssec }: Omit<Load, 'mode' | 'once'>): Promise<Loaded> {
  const { path: program, env } = await judge('h2load');
  const addresses = addressesOf(file, port, dnssec);
  const args = [
    ...[
      '-D',
      String(Math.max(1, Math.round(seconds))),
      '-t',
      '1',
      '-c',
      String(connections),
      '-m',
      String(requestsAtOnce),
    ],
    ...['-H', 'accept: application/dns-message', '-i', addresses],
  ];
  const said = await outputOf(program, args, env);
  const count = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? 0);
  const answered = count(/, (\d+) succeeded/);
  if (answered === 0) throw new Error(`h2load had no answer:\n${said.slice(-2_000)}`);
  // HTTP says 200 also for what DNS refuses. That answers over HTTPS are right is for the conformance tests to say.
  return { answered, lost: count(/, (\d+) failed/), rcodes: { NOERROR: count(/status codes: (\d+) 2xx/) } };
}

/** Writes the questions as addresses, beside them. */
function addressesOf(file: string, port: number, dnssec: boolean): string {
  const written = `${file}.${port}.https`;
  const options = { udpSize: 4_096, version: 0, dnssecOk: dnssec, compactOk: false, options: [] };
  const lines = readFileSync(file, 'utf8')
    .split('\n', mostQuestions)
    .filter((line) => line !== '')
    .map((line) => {
      const [name, type] = line.split(' ') as [string, string];
      // RFC 8484 §4.1: the id is 0.
      const query = encodeMessage(
        queryFor({ name: Name.parse(name), type: typeCode(type), class: 1 }, 0, { edns: options }),
      );
      return `https://127.0.0.1:${port}/dns-query?dns=${Buffer.from(query).toString('base64url')}\n`;
    });
  writeFileSync(written, lines.join(''));
  return written;
}
