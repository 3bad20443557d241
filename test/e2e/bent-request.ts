import { jwkOf } from '@callbook/keys';
import type { AccountKey, DirectoryClient, Fetch } from '@callbook/sdk';
import { constants, createPrivateKey, sign } from 'node:crypto';

/** What of a request is not as it should be; the rest is. */
export interface Bend {
  /** Members of the protected header; `undefined` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** The whole protected header as text. */
  readonly rawHeader?: string;
  /** The octets to be signed, as text. */
  readonly rawPayload?: string;
  readonly signedBy?: AccountKey;
  /** Changes the JWS after it was signed. */
  readonly jws?: (jws: Jws) => object;
  readonly body?: string;
  readonly contentType?: string;
  readonly method?: string;
  readonly nonce?: string;
}

export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

export interface Answer {
  readonly status: number;
  /** The last part of the problem's type; `undefined` when it was not refused. */
  readonly code: string | undefined;
  readonly body: unknown;
  readonly header: (name: string) => string | null;
}

/** Someone who signs requests by hand, and so can make any mistake, or any attempt. */
export class Sender {
  constructor(
    private readonly fetch: Fetch,
    private readonly directory: DirectoryClient,
    readonly key: AccountKey,
  ) {}

  async freshNonce(): Promise<string> {
    const response = await this.fetch(this.directory.url('newNonce'), { method: 'HEAD' });
    return response.headers.get('replay-nonce')!;
  }

  /** The body of a request to `url`. */
  async signed(url: string, payload: unknown, bend: Bend = {}): Promise<string> {
    const { header = {}, signedBy = this.key } = bend;
    const fields: Record<string, unknown> = {
      alg: this.key.algorithm,
      nonce: bend.nonce ?? (await this.freshNonce()),
      url,
      kid: this.directory.accountUrl(this.key),
      ...header,
    };
    const text = bend.rawPayload ?? (payload === undefined ? '' : JSON.stringify(payload));
    const jws = jwsOf(bend.rawHeader ?? JSON.stringify(fields), text, signedBy);
    return JSON.stringify(bend.jws ? bend.jws(jws) : jws);
  }

  async send(url: string, payload: unknown, bend: Bend = {}): Promise<Answer> {
    return this.sendBody(url, bend.body ?? (await this.signed(url, payload, bend)), bend);
  }

  async sendBody(url: string, body: string, { method = 'POST', contentType }: Bend = {}): Promise<Answer> {
    const response = await this.fetch(url, {
      method,
      headers: { 'content-type': contentType ?? 'application/jose+json' },
      ...(method !== 'GET' && method !== 'HEAD' && { body }),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    const { headers, status } = response;
    const type = status >= 400 ? (answer as { type: string } | undefined)?.type : undefined;
    return {
      status,
      code: type?.replace('urn:callbook:error:', ''),
      body: answer,
      header: (name) => headers.get(name),
    };
  }
}

/** Signs any header at all, which no library would do. */
function jwsOf(header: string, text: string, { algorithm, signing }: AccountKey): Jws {
  const [protectedHeader, payload] = [header, text].map((part) => Buffer.from(part).toString('base64url'));
  const key = createPrivateKey({ key: { ...signing.privateJwk }, format: 'jwk' });
  const octets = Buffer.from(`${protectedHeader}.${payload}`);
  const signatureOf = {
    EdDSA: () => sign(null, octets, key),
    ES256: () => sign('sha256', octets, { key, dsaEncoding: 'ieee-p1363' }),
    PS256: () => sign('sha256', octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  };
  return { protected: protectedHeader!, payload: payload!, signature: signatureOf[algorithm]().toString('base64url') };
}

export const publicJwkOf = (key: AccountKey) => jwkOf(key.signing.publicKey);
