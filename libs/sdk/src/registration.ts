import {
  Account,
  Binding,
  PublishedBinding,
  Verification,
  verificationSealInfo,
  type StatementInput,
} from '@callbook/contracts';
import { parseIdentifierUri } from '@callbook/enum';
import { openSecret, sealedFromSms, spkiOf } from '@callbook/keys';
import { encryptionJwkOf, type AccountKey } from './account-key.js';
import { RefusedError, type DirectoryClient } from './directory.js';

/** What a client publishes; the rest of the statement follows from what is published already. */
export interface Content {
  readonly routes: StatementInput['routes'];
  /** Seconds. */
  readonly ttl?: number;
  /** Publish the account's keys beside the routes; on unless said. */
  readonly keys?: boolean;
}

/** A client of the write plane: proves an identifier and publishes what it resolves to. */
export class Registration {
  constructor(
    private readonly directory: DirectoryClient,
    private readonly key: AccountKey,
    private readonly clock: () => number = Date.now,
  ) {}

  async openAccount(): Promise<Account> {
    const { body } = await this.directory.post(this.key, this.directory.url('newAccount'), {}, { withKey: true });
    return Account.parse(body);
  }

  /** Has a sealed secret sent to the identifier, as in `tel:+447700900123`. */
  async start(identifier: string): Promise<Verification> {
    const { type, value } = parseIdentifierUri(identifier);
    const payload = {
      identifier: { type, value },
      channel: 'sms',
      purpose: 'bind',
      encryptionKey: encryptionJwkOf(this.key),
    };
    return this.verificationAt(this.directory.url('startVerification'), payload);
  }

  read(id: string): Promise<Verification> {
    return this.verificationAt(this.directory.url('verification', { id }), undefined);
  }

  resend(id: string): Promise<Verification> {
    return this.verificationAt(this.directory.url('resend', { id }), {});
  }

  /** The secret in a message's text. Errors: KeyError SEAL_BROKEN when it was sealed for someone or something else. */
  async secretIn(text: string, verification: Pick<Verification, 'id' | 'identifier'>): Promise<string> {
    const info = verificationSealInfo(this.directory.description.meta.name, verification.id, verification.identifier);
    const secret = await openSecret(sealedFromSms(text), this.key.encryption.privateJwk, { info });
    return Buffer.from(secret).toString('base64url');
  }

  /** The verification, valid and with its attestation. */
  claim(id: string, secret: string): Promise<Verification> {
    return this.verificationAt(this.directory.url('claim', { id }), { secret });
  }

  /** What is published for an identifier of ours; undefined when nothing is. */
  async published(identifier: string): Promise<Binding | undefined> {
    try {
      const { body } = await this.directory.post(this.key, this.directory.url('binding', { identifier }), undefined);
      return Binding.parse(body);
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'bindingUnknown') return undefined;
      throw error;
    }
  }

  /** Signs the statement that follows the published one, and publishes it; waits up to `wait` seconds until all replicas serve it. */
  async publish(
    identifier: string,
    content: Content,
    options: { attestation?: string; wait?: number } = {},
  ): Promise<PublishedBinding> {
    return this.publishStatement(
      this.nextStatement(identifier, content, await this.published(identifier), options.attestation),
      options.wait,
    );
  }

  nextStatement(
    identifier: string,
    content: Content,
    current: Pick<Binding, 'sequence' | 'hash'> | undefined,
    attestation?: string,
  ): StatementInput {
    return {
      identifier,
      sequence: (current?.sequence ?? 0) + 1,
      ...(current && { previous: current.hash }),
      issuedAt: new Date(Math.floor(this.clock() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z'),
      routes: content.routes,
      keys: content.keys === false ? [] : this.publishedKeys(),
      ...(content.ttl !== undefined && { ttl: content.ttl }),
      ...(attestation !== undefined && { attestation }),
    };
  }

  async publishStatement(statement: StatementInput, wait = 0): Promise<PublishedBinding> {
    const url = this.directory.url('binding', { identifier: statement.identifier });
    const { body } = await this.directory.post(this.key, url, statement, {
      headers: wait > 0 ? { prefer: `wait=${wait}` } : {},
    });
    return PublishedBinding.parse(body);
  }

  private publishedKeys(): StatementInput['keys'] {
    const value = (pair: AccountKey['signing']) => Buffer.from(spkiOf(pair.publicKey)).toString('base64url');
    const identity = { use: 'identity', format: 'spki', value: value(this.key.signing) } as const;
    return this.key.encryption === this.key.signing
      ? [identity]
      : [identity, { use: 'encryption', format: 'spki', value: value(this.key.encryption) }];
  }

  private async verificationAt(url: string, payload: unknown): Promise<Verification> {
    const { body } = await this.directory.post(this.key, url, payload);
    return Verification.parse(body);
  }
}
