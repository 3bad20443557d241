import { CallbookError, type Binding, type CountersignatureClaims, type Statement } from '@callbook/contracts';
import type { Clock } from '@callbook/process';
import type { Expected, Proved } from '../attestations/check-attestation.js';
import { bindingOf, type Bindings, type Current, type NewStatement } from './bindings.js';
import { checkProof, type Proof } from './check-proof.js';
import { checkStatement, contentOf } from './check-statement.js';
import { placeOf, sequenceConflict } from './sequence-rule.js';

export interface PublishDeps {
  /** Name of the directory. */
  readonly directory: string;
  readonly clock: Clock;
  readonly bindings: Pick<Bindings, 'current' | 'taken' | 'take'>;
  readonly checkAttestation: (attestation: string, expected: Expected) => Promise<Proved>;
  readonly countersign: (claims: CountersignatureClaims) => Promise<string>;
  readonly newEventId: () => string;
  /** Tells the relay that there is an event. */
  readonly nudge: () => void;
}

interface Checked {
  readonly statement: Statement;
  readonly hash: string;
}

/**
 * Takes a statement.
 *
 * 1 check proof and statement, while the current one is read  2 find its place  3 check the attestation (first statement only)
 * 4 countersign  5 write binding, history and event (the commit)  6 nudge the relay.
 *
 * Crash before 5: nothing happened, and the countersignature was seen by nobody. Crash after 5: the relay of another replica, or of the next
 * start, publishes the event; the client that was not answered repeats the statement and is answered as if for the first time.
 */
export async function publishBinding(deps: PublishDeps, request: Proof): Promise<Binding> {
  const now = deps.clock();
  const [checked, current] = await Promise.all([check(request, now), deps.bindings.current(request.identifier)]);
  const answered = await place(deps, request, checked, current);
  if (answered) return answered;

  const next = await prepare(deps, request, checked, current, now);
  if (await deps.bindings.take(next)) {
    deps.nudge();
    return bindingOf(next.statement, checked.statement);
  }
  // Another statement came first: where it leaves this one is the same question again, and now has an answer.
  const overtaken = await place(deps, request, checked, await deps.bindings.current(request.identifier));
  if (overtaken) return overtaken;
  throw new CallbookError('UNAVAILABLE', 'the binding is being changed', { retry: 'later', retryAfter: 1 });
}

async function check(request: Proof, now: number): Promise<Checked> {
  const { payload, hash } = await checkProof(request);
  return { statement: checkStatement(request.identifier, payload, now), hash };
}

/** The answer to a statement that was taken before; undefined for one that extends the chain. Errors: those of `placeOf`. */
async function place(
  { bindings }: PublishDeps,
  { identifier, account }: Proof,
  { statement, hash }: Checked,
  current: Current | undefined,
): Promise<Binding | undefined> {
  const { sequence, previous } = statement;
  if (placeOf(current, { account, sequence, previous }) !== 'used') return undefined;
  const taken = sequence === current?.sequence ? current.statement : await bindings.taken(identifier, sequence);
  if (taken?.hash !== hash) throw sequenceConflict(current?.sequence ?? 0);
  return bindingOf(taken, statement);
}

async function prepare(
  deps: PublishDeps,
  { identifier, account, proof }: Proof,
  { statement, hash }: Checked,
  current: Current | undefined,
  now: number,
): Promise<NewStatement> {
  const { sequence, previous } = statement;
  const proved = current?.proved ?? (await prove(deps, statement, account, now));
  const countersignature = await deps.countersign({
    iss: deps.directory,
    sub: identifier,
    account,
    sequence,
    statement: hash,
    method: proved.method,
    provedAt: proved.provedAt,
    iat: Math.floor(now / 1_000),
  });
  return {
    statement: { identifier, account, sequence, hash, proof, countersignature, publishedAt: now },
    previous,
    proved,
    content: contentOf(statement, hash),
    eventId: deps.newEventId(),
  };
}

function prove(deps: PublishDeps, statement: Statement, account: string, now: number): Promise<Proved> {
  const { identifier, attestation } = statement;
  if (attestation === undefined)
    throw new CallbookError(
      'IDENTIFIER_NOT_VERIFIED',
      'the first statement comes with an attestation of the identifier',
    );
  return deps.checkAttestation(attestation, { directory: deps.directory, identifier, account, now });
}
