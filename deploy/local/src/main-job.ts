import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { Step } from './demo.js';
import type { Callbook } from './up.js';

/** What `npm start` shows. */
export async function mainJob(callbook: Callbook, step: Step): Promise<void> {
  await step(
    'the API answers',
    () => getJson(`${callbook.addresses.api}/directory`, readFileSync(callbook.caFile, 'utf8')),
    (directory) => Object.keys(directory).join(', '),
  );
}

/** The addresses, and three commands for a first look. */
export function whatToTry({ addresses }: Callbook): string {
  const dns = addresses.dns[0];
  return `API            ${addresses.api}/directory
phone sandbox  ${addresses.sandbox}
DNS            ${addresses.dns.map(({ host, port }) => `${host}:${port}`).join(' ')} (UDP and TCP)

  dig @${dns?.host} -p ${dns?.port} +dnssec 3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example NAPTR
  curl -k ${addresses.api}/directory
  npx callbook register +447700900124 --sip sip:you@example.net`;
}

function getJson(url: string, ca: string): Promise<object> {
  return new Promise((resolve, reject) => {
    request(url, { ca, timeout: 5_000 }, (response) => {
      let body = '';
      response.on('data', (data: Buffer) => (body += data.toString()));
      response.once('end', () =>
        response.statusCode === 200
          ? resolve(JSON.parse(body) as object)
          : reject(new Error(`status ${response.statusCode}`)),
      );
    })
      .once('error', reject)
      .end();
  });
}
