import { Directory, pathOf, Problem, type EndpointName, type FlattenedJws } from '@callbook/contracts';
import { jwkOf } from '@callbook/keys';
import { FlattenedSign, importJWK } from 'jose';
import type { AccountKey } from './account-key.js';

export type Fetch = (
  url: string,
  init?: { method?: string; headers?: Record<string, string>; body?: string },
) => Promise<FetchResponse>;
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** What a directory refused: its problem document (RFC 9457), and when to come back. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  constructor(
    readonly problem: Problem,
    /** Seconds. */
    readonly retryAfter: number | undefined,
  ) {
    super(`${problem.title}: ${problem.detail}`);
  }

  /** The last part of the problem's type, as in `badNonce`. */
  get code(): string {
    return this.problem.type.slice(this.problem.type.lastIndexOf(':') + 1);
  }
}

export interface SignedAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly location: string | undefined;
}

/** A directory seen from outside: its URLs, its nonces, and signed requests to it. One hard-coded address is enough (RFC 8555 §7.1.1). */
export class DirectoryClient {
  private readonly nonces: string[] = [];

  private constructor(
    private readonly origin: string,
    readonly description: Directory,
    private readonly fetch: Fetch,
  ) {}

  /** Errors: RefusedError; TypeError when it cannot be reached or is not a directory. */
  static async open(origin: string, fetch: Fetch): Promise<DirectoryClient> {
    const base = origin.replace(/\/+$/, '');
    const response = await fetch(`${base}/directory`);
    const body = await bodyOf(response);
    return new DirectoryClient(base, Directory.parse(body), fetch);
  }

  url(endpoint: EndpointName, variables?: Readonly<Record<string, string>>): string {
    return this.origin + pathOf(endpoint, variables);
  }

  accountUrl(key: AccountKey): string {
    return this.url('account', { account: key.id });
  }

  /**
   * Sends a signed request; `undefined` as payload reads (POST-as-GET, RFC 8555 §6.3). A nonce that was refused is replaced once
   * (RFC 8555 §6.5). Errors: RefusedError.
   */
  async post(
    key: AccountKey,
    url: string,
    payload: unknown,
    options: { withKey?: boolean; headers?: Record<string, string> } = {},
  ): Promise<SignedAnswer> {
    try {
      return await this.postOnce(key, url, payload, options);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== 'badNonce') throw error;
      return this.postOnce(key, url, payload, options);
    }
  }

  private async postOnce(
    key: AccountKey,
    url: string,
    payload: unknown,
    options: { withKey?: boolean; headers?: Record<string, string> },
  ): Promise<SignedAnswer> {
    const jws = await signRequest(key, {
      url,
      nonce: await this.nonce(),
      payload,
      ...(!options.withKey && { kid: this.accountUrl(key) }),
    });
    const response = await this.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jose+json', ...options.headers },
      body: JSON.stringify(jws),
    });
    const fresh = response.headers.get('replay-nonce');
    if (fresh !== null) this.nonces.push(fresh);
    return {
      status: response.status,
      body: await bodyOf(response),
      location: response.headers.get('location') ?? undefined,
    };
  }

  private async nonce(): Promise<string> {
    const kept = this.nonces.pop();
    if (kept !== undefined) return kept;
    const response = await this.fetch(this.url('newNonce'), { method: 'HEAD' });
    const nonce = response.headers.get('replay-nonce');
    if (nonce === null) throw new TypeError('the directory gave no nonce');
    return nonce;
  }
}

/** A signed request, RFC 8555 §6.2: with `kid`, or with the key itself where the account is not known yet. */
export async function signRequest(
  key: AccountKey,
  request: { url: string; nonce: string; payload: unknown; kid?: string },
): Promise<FlattenedJws> {
  const payload =
    request.payload === undefined
      ? ''
      : typeof request.payload === 'string'
        ? request.payload
        : JSON.stringify(request.payload);
  const sender = request.kid === undefined ? { jwk: jwkOf(key.signing.publicKey) } : { kid: request.kid };
  const jws = await new FlattenedSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: key.algorithm, nonce: request.nonce, url: request.url, ...sender })
    .sign(await importJWK(key.signing.privateJwk, key.algorithm));
  return { protected: jws.protected!, payload: jws.payload, signature: jws.signature };
}

async function bodyOf(response: FetchResponse): Promise<unknown> {
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.status < 400) return body;
  const problem = Problem.safeParse(body);
  if (!problem.success) throw new TypeError(`HTTP status ${response.status} without a problem document`);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new RefusedError(problem.data, Number.isFinite(retryAfter) ? retryAfter : undefined);
}
