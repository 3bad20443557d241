import { identifierOf, type Attempt } from './attempt.js';
import type { StatementInput, Verification } from '@callbook/contracts';
import { KeyError } from '@callbook/keys';
import { DirectoryClient, generateAccountKey, RefusedError, Registration, type Fetch } from '@callbook/sdk';
import { setTimeout as pause } from 'node:timers/promises';
import { sip } from '../harness/world.js';
import type { PhoneNetwork } from '../sandbox/index.js';
import type { Ledger } from './ledger.js';

export interface Surroundings {
  readonly api: string;
  readonly fetch: Fetch;
  readonly phones: PhoneNetwork;
  readonly ledger: Ledger;
  readonly attempt: Attempt;
}

/** Seconds for which a statement's sender asks to be kept waiting. */
const wait = 5;

/** What the nth statement of a number publishes: told apart by number and sequence. */
export const uriOf = (number: string, sequence: number) => `sip:${number.slice(1)}.${sequence}@example.net`;

/**
 * Registers a number and publishes for it `statements` times, as a client does that was written for an unreliable world: whatever has no
 * answer is asked again, the same statement under a new nonce, another message when none has come, and another verification when one has
 * ended. With `gaveUp` the last statement is sent once, and whether it was taken stays open.
 */
export async function register(
  { api, fetch, phones, ledger, attempt }: Surroundings,
  number: string,
  { statements, gaveUp }: { readonly statements: number; readonly gaveUp: boolean },
): Promise<void> {
  const directory = await attempt.untilAnswered(() => DirectoryClient.open(api, fetch));
  const registration = new Registration(directory, generateAccountKey());
  await attempt.untilAnswered(() => registration.openAccount());
  const attestation = await prove({ registration, phones, attempt }, number);

  const account = ledger.of(number);
  for (let sequence = 1; sequence <= statements; sequence += 1) {
    const current = await attempt.untilAnswered(() => registration.published(identifierOf(number)));
    const statement = registration.nextStatement(
      identifierOf(number),
      sip(uriOf(number, sequence)),
      current,
      sequence === 1 ? attestation : undefined,
    );
    if (statement.sequence !== sequence)
      throw new Error(`${sequence - 1} statements were taken, and ${statement.sequence - 1} are there`);
    account.attempted.push(statement);
    const last = gaveUp && sequence === statements;
    const sent = send(registration, statement);
    const reply = await (last ? sent().catch(() => undefined) : attempt.untilAnswered(sent));
    if (!reply) return;
    account.acknowledged = sequence;
    if (reply.servedSince !== undefined) account.served = sequence;
  }
}

const send = (registration: Registration, statement: StatementInput) => () =>
  registration.publishStatement(statement, wait);

interface Proving {
  readonly registration: Registration;
  readonly phones: PhoneNetwork;
  readonly attempt: Attempt;
}

/** An attestation for the number, however many verifications it takes. */
async function prove(proving: Proving, number: string): Promise<string> {
  for (;;) {
    const verification = await proving.attempt.untilAnswered(() => proving.registration.start(identifierOf(number)));
    const attestation = await proveBy(proving, number, verification);
    if (attestation !== undefined) return attestation;
  }
}

/** Undefined when this verification has come to its end. */
async function proveBy(proving: Proving, number: string, started: Verification): Promise<string | undefined> {
  const { registration, attempt } = proving;
  const tried = new Set<string>();
  for (;;) {
    attempt.check();
    for (const secret of await secretsOn(proving, number, started)) {
      if (tried.has(secret)) continue;
      tried.add(secret);
      const answer = await claim(proving, started.id, secret);
      if (answer !== 'wrong') return answer;
    }
    const now = await attempt.untilAnswered(() => registration.read(started.id));
    if (now.status === 'valid') return now.attestation!;
    if (now.status === 'invalid') return undefined;
    if (Date.parse(now.resendAfter) < Date.now()) {
      const resent = await attempt
        .untilAnswered(() => registration.resend(started.id), ['resendTooSoon', 'rateLimited'])
        .catch((error: unknown) => error);
      if (resent instanceof RefusedError && resent.code !== 'resendTooSoon') return undefined;
    }
    await pause(250);
  }
}

/** Secrets of this verification in the messages that have come, newest first. */
async function secretsOn({ registration, phones }: Proving, number: string, verification: Verification) {
  const secrets: string[] = [];
  for (const { text } of await phones.messagesTo(number)) {
    try {
      secrets.unshift(await registration.secretIn(text, verification));
    } catch (error) {
      if (!(error instanceof KeyError)) throw error; // sealed for another verification
    }
  }
  return secrets;
}

/** The attestation; `wrong` for a secret that a later one has replaced; undefined when the verification has ended. */
async function claim(
  { registration, attempt }: Proving,
  id: string,
  secret: string,
): Promise<string | 'wrong' | undefined> {
  try {
    return (await attempt.untilAnswered(() => registration.claim(id, secret))).attestation!;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.code === 'secretWrong') return 'wrong';
    // Claimed by a request whose answer was lost, or ended: reading it tells.
    const now = await attempt.untilAnswered(() => registration.read(id));
    return now.attestation;
  }
}
