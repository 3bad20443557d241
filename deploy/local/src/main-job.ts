import { Name } from '@callbook/dns';
import { nodeOf, parseE164 } from '@callbook/enum';
import {
  anchorsOf,
  DirectoryClient,
  dnsExchange,
  exportAccountKey,
  fetchTrusting,
  generateAccountKey,
  importAccountKey,
  lookup,
  Registration,
  type AccountKey,
  type Found,
} from '@callbook/sdk';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Step } from './demo.js';
import type { Callbook } from './up.js';

/** A number that Ofcom reserves for stories like this one. */
const number = parseE164('+447700900123');
const route = { service: 'E2U+sip', uri: 'sip:alice@example.net' };

/** What `npm start` shows: from a key and a text message to an answer that anyone can verify, all over the public interfaces. */
export async function mainJob(callbook: Callbook, step: Step): Promise<void> {
  const fetch = fetchTrusting(readFileSync(callbook.caFile, 'utf8'));
  const identifier = `tel:${number}`;

  const directory = await step(
    'find the directory',
    () => DirectoryClient.open(callbook.addresses.api, fetch),
    ({ description }) =>
      `${description.meta.name}, zone ${description.meta.zone.apex} at serial ${description.meta.zone.serial}`,
  );
  const key = await step(
    'make a key',
    async () => aliceKey(path.join(callbook.dir, 'alice.json')),
    ({ id, signing, encryption }) =>
      `${signing.publicKey.kind} with ${encryption.publicKey.kind} beside it, thumbprint ${id}`,
  );
  const alice = new Registration(directory, key);
  await step(
    'open an account',
    () => alice.openAccount(),
    ({ created }) => (created ? 'created' : 'found'),
  );

  const inbox = inboxOf(callbook.addresses.sandbox);
  const before = await inbox.position();
  const verification = await step(
    `ask to verify ${number}`,
    () => alice.start(identifier),
    ({ status, delivery, attemptsLeft }) => `${status}, message ${delivery}, ${attemptsLeft} attempts`,
  );
  const text = await step(
    'receive the SMS',
    () => inbox.next(number, before),
    (received) => `${received.length} characters: ${received}`,
  );
  const secret = await step(
    'decrypt the secret',
    () => alice.secretIn(text, verification),
    (opened) => `${Buffer.from(opened, 'base64url').length} octets`,
  );
  const claimed = await step(
    'claim the number',
    () => alice.claim(verification.id, secret),
    ({ status }) => `${status}, with the directory's attestation`,
  );

  await step(
    `publish ${route.uri}`,
    () => alice.publish(identifier, { routes: [route] }, { attestation: claimed.attestation!, wait: 10 }),
    ({ sequence, servedSince }) => {
      if (servedSince === undefined) throw new Error('not served by every replica within 10 s');
      return `statement ${sequence}, served by every replica since serial ${servedSince}`;
    },
  );
  const { anchors, suffixes } = directory.description.meta.zone;
  await step(
    'resolve over UDP and validate with DNSSEC',
    () =>
      lookup(identifier, {
        exchange: dnsExchange(callbook.addresses.dns[0]!),
        anchors: anchorsOf(anchors),
        suffixes,
        clock: Date.now,
      }),
    (found) => seen(found, key),
  );
}

/** What was found must be what Alice published, validated. */
function seen(found: Found, key: AccountKey): string {
  if (found.status !== 'secure') throw new Error(`the answer is ${found.status}`);
  if (!found.routes.some(({ uri }) => uri === route.uri)) throw new Error('the route is another');
  const published = found.keys.find(({ spki }) => Buffer.from(spki).equals(key.signing.publicKey.spki));
  if (!published) throw new Error("Alice's key is not there");
  return `secure: NAPTR ${found.routes.map(({ uri }) => uri).join(', ')}; SMIMEA with ${found.keys.map(({ kind }) => kind).join(' and ')} keys`;
}

/** Alice's key is kept beside the data that knows her: a second start finds her as the holder of her number. */
function aliceKey(file: string): AccountKey {
  if (existsSync(file))
    return importAccountKey(JSON.parse(readFileSync(file, 'utf8')) as Parameters<typeof importAccountKey>[0]);
  const key = generateAccountKey();
  writeFileSync(file, JSON.stringify(exportAccountKey(key)), { mode: 0o600 });
  return key;
}

/** The phone, as its owner sees it. */
function inboxOf(sandbox: string) {
  const get = async (pathAndQuery: string) => (await fetch(sandbox + pathAndQuery)).json() as Promise<unknown>;
  return {
    position: async () => ((await get('/phones')) as { position: number }).position,
    next: async (to: string, after: number) => {
      const { messages } = (await get(`/phones/${encodeURIComponent(to)}/messages?after=${after}&wait=20`)) as {
        messages: { text: string }[];
      };
      if (!messages[0]) throw new Error('no message came within 20 s');
      return messages[0].text;
    },
  };
}

/** For `npx callbook`: which directory this is, and how to reach it. */
export function writeProfile({ dir, addresses, caFile }: Callbook): void {
  const profile = {
    directory: addresses.api,
    ca: path.relative(dir, caFile),
    dns: addresses.dns[0],
    inbox: addresses.sandbox,
  };
  writeFileSync(path.join(dir, 'profile.json'), `${JSON.stringify(profile, null, 2)}\n`);
}

/** The addresses, and three commands for a first look. */
export function whatToTry({ addresses, caFile }: Callbook): string {
  const dns = addresses.dns[0]!;
  const node = nodeOf(number, Name.parse('e164.callbook.example.')).toString();
  return `API            ${addresses.api}/directory
API, described ${addresses.api}/docs
phone inboxes  ${addresses.sandbox}
DNS            ${addresses.dns.map(({ host, port }) => `${host}:${port}`).join(' ')} (UDP and TCP)
DNS over TLS   ${addresses.dot.map(({ host, port }) => `${host}:${port}`).join(' ')}
DNS over HTTPS ${addresses.doh.join(' ')}

  dig @${dns.host} -p ${dns.port} +dnssec ${node} NAPTR
  curl --cacert ${path.relative(process.cwd(), caFile)} ${addresses.api}/directory
  npx callbook register +447700900124 --sip sip:you@example.net`;
}
