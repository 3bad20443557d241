import { anchorsOf, DirectoryClient, dnsExchange, fetchTrusting, lookup, Registration } from '@callbook/sdk';
import { keyboard, openInbox } from './inbox.js';
import { accountKeyAt, readProfile, type Profile } from './profile.js';
import { routesOf, type RouteOptions } from './routes.js';

/** What a command found: lines for a person, the same as JSON for a program, and the exit status. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly json: object;
  readonly status: number;
}

interface CommonOptions {
  readonly profile?: string;
}

/** How long a publication may take until every replica serves it, in seconds. */
const wait = 10;

export async function register(
  number: string,
  options: CommonOptions & RouteOptions & { readonly ttl?: number },
): Promise<Outcome> {
  const { profile, registration } = await client(options);
  const identifier = identifierOf(number);
  const routes = routesOf(options);
  const mailbox = profile.inbox === undefined ? keyboard : await openInbox(profile.inbox);
  await registration.openAccount();
  const started = await registration.start(identifier);
  const claimed = await registration.claim(
    started.id,
    await registration.secretIn(await mailbox.next(number), started),
  );
  const content = { routes, ...(options.ttl !== undefined && { ttl: options.ttl }) };
  const binding = await registration.publish(identifier, content, { attestation: claimed.attestation!, wait });
  const served =
    binding.servedSince === undefined
      ? 'published; not every look-up server has it yet'
      : `served everywhere since zone serial ${binding.servedSince}`;
  return {
    lines: [`${number} is yours: ${served}`, ...routes.map(({ service, uri }) => `  ${service}  ${uri}`)],
    json: binding,
    status: 0,
  };
}

export async function show(number: string, options: CommonOptions): Promise<Outcome> {
  const { registration } = await client(options);
  const binding = await registration.published(identifierOf(number));
  if (!binding)
    return { lines: [`nothing of yours is published for ${number}`], json: { status: 'not-found' }, status: 1 };
  const { routes, keys, ttl } = binding.statement;
  return {
    lines: [
      `${number}, statement ${binding.sequence} of ${binding.publishedAt}, kept ${ttl} s by caches`,
      ...routes.map(
        ({ service, uri, order, preference }) => `  ${service}  ${uri}  (order ${order}, preference ${preference})`,
      ),
      ...keys.map(({ use, value }) => `  ${use} key  ${value}`),
    ],
    json: binding,
    status: 0,
  };
}

const statuses = { secure: 0, 'not-found': 1, insecure: 2, bogus: 3 } as const;

export async function find(number: string, options: CommonOptions): Promise<Outcome> {
  const profile = readProfile(options.profile);
  const { description } = await DirectoryClient.open(profile.directory, fetchTrusting(profile.ca));
  const { anchors, suffixes } = description.meta.zone;
  const found = await lookup(identifierOf(number), {
    exchange: dnsExchange(profile.dns),
    anchors: anchorsOf(anchors),
    suffixes,
    clock: Date.now,
  });
  const status = statuses[found.status];
  if (found.status !== 'secure')
    return {
      lines: [`${number}: ${found.status}${found.status === 'bogus' ? ` (${found.reason})` : ''}`],
      json: found,
      status,
    };
  const keys = found.keys.map(({ kind, spki }) => ({ kind, spki: Buffer.from(spki).toString('base64url') }));
  return {
    lines: [
      `${number}: validated with DNSSEC`,
      ...found.routes.map(({ service, uri }) => `  ${service}  ${uri}`),
      ...keys.map(({ kind, spki }) => `  ${kind} key  ${spki}`),
    ],
    json: { ...found, keys },
    status,
  };
}

const identifierOf = (text: string) => (/^[a-z]+:/.test(text) ? text : `tel:${text}`);

async function client(options: CommonOptions): Promise<{ profile: Profile; registration: Registration }> {
  const profile = readProfile(options.profile);
  const directory = await DirectoryClient.open(profile.directory, fetchTrusting(profile.ca));
  return { profile, registration: new Registration(directory, accountKeyAt(profile.accountPath)) };
}
