import {
  api,
  CallbookError,
  pathOf,
  type AccountId,
  type ClientOf,
  type Directory,
  type EndpointName,
  type FlattenedJws,
  type identity,
  type Jwks,
  type PublicJwk,
  type records,
  type signer,
  type StartVerification,
  type ZoneHead,
} from '@callbook/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServedSerials } from './served-serials.js';

export interface GatewayDeps {
  readonly identity: ClientOf<typeof identity>;
  readonly records: Pick<ClientOf<typeof records>, 'binding.publish' | 'binding.read' | 'countersigning.keys'>;
  readonly signer: Pick<ClientOf<typeof signer>, 'zone.head' | 'publication.await'>;
  readonly served: ServedSerials;
  readonly publicUrl: string;
  readonly directoryName: string;
}

/** A request whose form, signature, nonce and URL were checked: what a handler may believe. */
export interface SignedRequest<Payload = unknown> {
  readonly account: AccountId;
  readonly key: PublicJwk;
  readonly jws: FlattenedJws;
  readonly payload: Payload;
  /** The payload was empty: POST-as-GET. */
  readonly reading: boolean;
  readonly variables: Readonly<Record<string, string>>;
  /** Milliseconds that the client asked to wait (`Prefer: wait`, RFC 7240 §4.3). */
  readonly wait: number;
}

/** A request that nobody signed, or the provider did: its form is the handler's business. */
export interface PlainRequest {
  readonly body: string;
  readonly authorization: string;
}

export interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type HandlerOf<N extends EndpointName> = (typeof api)[N]['signedBy'] extends 'nobody' | 'provider'
  ? (request: PlainRequest) => Promise<Reply>
  : (request: SignedRequest) => Promise<Reply>;
export type Handlers = { readonly [N in EndpointName]: HandlerOf<N> };

/** What each endpoint of the API does: one remote call, or two. */
export function createHandlers(deps: GatewayDeps): Handlers {
  const url = (name: EndpointName, variables?: Record<string, string>) => deps.publicUrl + pathOf(name, variables);
  const zone = remembered(() => deps.signer['zone.head']({}), 5_000);
  const keys = remembered(() => allKeys(deps), 10_000);
  const located = (id: string) => ({ location: url('verification', { id }) });

  return {
    directory: async () => ({ body: directoryOf(deps, await zone()) }),
    newNonce: async () => ({}),
    keys: async () => ({ body: await keys() }),

    newAccount: async ({ key }) => {
      const account = await deps.identity['account.open']({ key });
      return {
        status: account.created ? 201 : 200,
        body: account,
        headers: { location: url('account', { account: account.id }) },
      };
    },
    account: async ({ account, key, variables }) => {
      if (variables['account'] !== account)
        throw new CallbookError('NOT_YOURS', 'an account is shown to the holder of its key alone');
      return { body: await deps.identity['account.open']({ key }) };
    },

    startVerification: async ({ account, payload }) => {
      const verification = await deps.identity['verification.start']({ ...(payload as StartVerification), account });
      return { body: verification, headers: located(verification.id) };
    },
    verification: async ({ account, variables }) => {
      const verification = await deps.identity['verification.read']({ account, id: variables['id']! });
      return { body: verification, ...(verification.status === 'pending' && { headers: { 'retry-after': '1' } }) };
    },
    claim: async ({ account, payload, variables }) => ({
      body: await deps.identity['verification.claim']({
        ...(payload as { secret: string }),
        account,
        id: variables['id']!,
      }),
    }),
    resend: async ({ account, variables }) => ({
      body: await deps.identity['verification.resend']({ account, id: variables['id']! }),
    }),

    binding: async ({ account, key, jws, reading, variables, wait }) => {
      const identifier = variables['identifier']!;
      if (reading) return { body: await deps.records['binding.read']({ account, identifier }) };
      const binding = await deps.records['binding.publish']({ identifier, account, accountKey: key, proof: jws });
      const servedSince = wait > 0 ? await serving(deps, identifier, binding.sequence, wait) : undefined;
      return {
        body: { ...binding, servedSince },
        ...(wait > 0 && { headers: { 'preference-applied': `wait=${wait / 1_000}` } }),
      };
    },

    vonageStatus: async ({ authorization, body }) => {
      await deps.identity['delivery.report']({ authorization, body });
      return {};
    },
  };
}

/** Milliseconds for an answer to come, beside the time that was asked for. */
const answerTakes = 250;

/** The zone serial once every replica serves this sequence; undefined when that takes too long. The statement is taken all the same. */
async function serving(
  { signer, served }: GatewayDeps,
  identifier: string,
  sequence: number,
  wait: number,
): Promise<number | undefined> {
  const until = performance.now() + wait;
  const answer = signer['publication.await']({ identifier, sequence, wait }).catch((error: unknown) => {
    if (error instanceof CallbookError && error.retry === 'later') return undefined;
    throw error;
  });
  // A signer that hangs says nothing, and its caller would be kept waiting for longer than it asked.
  const published = await Promise.race([answer, pause(wait + answerTakes, undefined, { ref: false })]);
  if (!published) return undefined;
  return (await served.waitFor(published.serial, until - performance.now())) ? published.serial : undefined;
}

function directoryOf({ publicUrl, directoryName }: GatewayDeps, zone: ZoneHead): Directory {
  const url = (name: EndpointName) => publicUrl + api[name].path;
  return {
    newNonce: url('newNonce'),
    newAccount: url('newAccount'),
    newVerification: url('startVerification'),
    bindings: url('binding'),
    keys: url('keys'),
    openapi: `${publicUrl}/openapi.json`,
    meta: { name: directoryName, zone },
  };
}

async function allKeys({ identity, records }: GatewayDeps): Promise<Jwks> {
  const sets = await Promise.all([identity['attestation.keys']({}), records['countersigning.keys']({})]);
  return { keys: sets.flatMap(({ keys }) => keys) };
}

/** The last answer for as long as it is fresh, and after that when a new one cannot be had. */
function remembered<T>(read: () => Promise<T>, freshFor: number): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  return async () => {
    if (last && performance.now() - last.at < freshFor) return last.value;
    try {
      last = { value: await read(), at: performance.now() };
    } catch (error) {
      if (!last) throw error;
    }
    return last.value;
  };
}
