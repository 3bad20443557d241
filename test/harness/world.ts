import { freePorts, startCallbook, type Callbook, type CallbookOptions } from '@callbook/local';
import {
  anchorsOf,
  DirectoryClient,
  dnsExchange,
  fetchTrusting,
  generateAccountKey,
  lookup,
  Registration,
  type AccountKey,
  type AccountKind,
  type Content,
  type Fetch,
  type Found,
} from '@callbook/sdk';
import type { TrustAnchor } from '@callbook/dnssec';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxAt, type PhoneNetwork } from '../sandbox/index.js';

/** A whole Callbook of a test's own, on free ports and in a folder of its own, and the people who use it. */
export interface World {
  readonly callbook: Callbook;
  readonly phones: PhoneNetwork;
  readonly fetch: Fetch;
  readonly anchors: readonly TrustAnchor[];
  /** The directory as a client sees it now. */
  directory(): Promise<DirectoryClient>;
  person(kind?: AccountKind): Promise<Person>;
  lookup(number: string, replica?: number): Promise<Found>;
  stop(): Promise<void>;
}

export interface WorldOptions extends Partial<Pick<CallbookOptions, 'lookups' | 'settings' | 'ports'>> {
  /** Stands between every client and the API, as when a test writes down what is answered. */
  readonly through?: (fetch: Fetch) => Fetch;
}

export async function startWorld({ through, ...options }: WorldOptions = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'callbook-world-'));
  const callbook = await startCallbook({ dir, ports: freePorts, ...options });
  const direct = fetchTrusting(readFileSync(callbook.caFile, 'utf8'));
  const fetch = through ? through(direct) : direct;
  const directory = () => DirectoryClient.open(callbook.addresses.api, fetch);
  const phones = sandboxAt(callbook.addresses.sandbox);
  const { anchors, suffixes } = (await directory()).description.meta.zone;

  return {
    callbook,
    phones,
    fetch,
    anchors: anchorsOf(anchors),
    directory,
    person: async (kind) => Person.of(await directory(), generateAccountKey(kind), phones),
    lookup: (number, replica = 0) =>
      lookup(`tel:${number}`, {
        exchange: dnsExchange(callbook.addresses.dns[replica]!),
        anchors: anchorsOf(anchors),
        suffixes,
        clock: Date.now,
      }),
    stop: async () => {
      await callbook.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Someone with a phone and a key. */
export class Person {
  private constructor(
    readonly key: AccountKey,
    readonly registration: Registration,
    readonly directory: DirectoryClient,
    private readonly phones: PhoneNetwork,
  ) {}

  static async of(directory: DirectoryClient, key: AccountKey, phones: PhoneNetwork): Promise<Person> {
    const registration = new Registration(directory, key);
    await registration.openAccount();
    return new Person(key, registration, directory, phones);
  }

  /** Starts a verification and reads the secret from the message that comes. */
  async askForSecret(number: string) {
    const after = await this.phones.position();
    const verification = await this.registration.start(`tel:${number}`);
    const message = await this.phones.waitForMessage(number, { after });
    return { verification, message, secret: await this.registration.secretIn(message.text, verification) };
  }

  /** Proves that the number is theirs; the attestation. */
  async verify(number: string): Promise<string> {
    const { verification, secret } = await this.askForSecret(number);
    return (await this.registration.claim(verification.id, secret)).attestation!;
  }

  /** Proves the number and publishes; waits until every replica serves it, unless told otherwise. */
  async register(number: string, content: Content, wait = 10) {
    return this.registration.publish(`tel:${number}`, content, { attestation: await this.verify(number), wait });
  }
}

export const sip = (uri: string): Content => ({ routes: [{ service: 'E2U+sip', uri, order: 100, preference: 10 }] });

/** The nth number that Ofcom reserves for stories: +44 7700 900000 to 900999. */
export const reservedNumber = (n: number) => `+447700900${String(n).padStart(3, '0')}`;
