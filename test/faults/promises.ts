import { Statement } from '@callbook/contracts';
import { expect } from 'vitest';
import type { City } from './city.js';
import { uriOf } from './person.js';
import { recordsOf, rowsOf, signed, statementsIn, unsigned } from './rebuild.js';
import { transfer } from './transfer.js';

/** The replicas transfer one and the same zone, and, signatures apart, it is what the proofs in the `records` database make. */
export async function expectZoneOfRecords({ world, replicas, apex, telSuffix }: City): Promise<void> {
  const zones = await Promise.all(replicas.map(({ server }) => transfer(server, apex)));
  for (const zone of zones.slice(1)) expect(signed(zone)).toEqual(signed(zones[0]!));
  const statements = await statementsIn(world.callbook.servers.postgres.adminUrl());
  const rebuilt = statements.flatMap((statement) => recordsOf(statement, telSuffix));
  expect(unsigned(zones[0]!, telSuffix)).toEqual(unsigned(rebuilt, telSuffix));
}

/**
 * What people were told is so: every number has what was last acknowledged, or what was asked for after that and never answered; records of
 * one statement, and of one only; and nothing else is there.
 */
export async function expectPromisesKept({ ledger, replicas, apex, telSuffix }: City): Promise<void> {
  for (const { server } of replicas) {
    const zone = await transfer(server, apex);
    const byOwner = groupedBy(unsigned(zone, telSuffix), (line) => ownerIn(line));
    for (const { number, attempted, acknowledged } of ledger.all()) {
      const possible = attempted.slice(Math.max(0, acknowledged - 1)).map((input) => Statement.parse(input));
      const choices = possible.map((statement) => unsigned(recordsOf(statement, telSuffix), telSuffix));
      const owners = new Set(choices.flat().map(ownerIn));
      const there = [...owners].flatMap((owner) => byOwner.get(owner) ?? []).sort();
      for (const owner of owners) byOwner.delete(owner);
      if (acknowledged === 0) choices.push([]);
      expect(choices, `what is published for the number of ${possible.length} possible statements`).toContainEqual(
        there,
      );
      expect(number).toMatch(/^\+/);
    }
    expect([...byOwner.keys()], 'owners of which nobody asked').toEqual([]);
  }
}

const ownerIn = (line: string) => line.split(/\s/, 1)[0]!;

/** Every replica answers for every acknowledged number, and a validator believes it. */
export async function expectResolvable({ ledger, replicas, look }: City): Promise<void> {
  for (const { server } of replicas)
    for (const { number, attempted, acknowledged } of ledger.acknowledged()) {
      const found = await look(number, server);
      const uris = attempted.slice(acknowledged - 1).map(({ sequence }) => uriOf(number, sequence));
      expect(found.status).toBe('secure');
      expect(uris).toContain(found.status === 'secure' ? found.routes[0]?.uri : undefined);
    }
}

/** Nobody was sent a message twice, or one too many; nothing waits in an outbox. */
export async function expectMessagesCounted({ world, ledger }: City): Promise<void> {
  const url = world.callbook.servers.postgres.adminUrl();
  const sent = await rowsOf<{ identifier: string; verification: string; id: string; state: string }>(
    url,
    `SELECT v.identifier, v.id::text AS verification, m.id::text, m.state::text FROM identity.messages m
     JOIN identity.verifications v ON v.id = m.verification_id`,
  );
  const ofVerification = groupedBy(sent, ({ verification }) => verification);
  for (const messages of ofVerification.values()) expect(messages.length).toBeLessThanOrEqual(3);
  const known = new Map(sent.map((message) => [message.id, message]));
  for (const { number } of ledger.all()) {
    const delivered = await world.phones.messagesTo(number);
    const references = delivered.map(({ clientRef }) => clientRef!);
    expect(new Set(references).size, 'messages that came twice').toBe(references.length);
    for (const reference of references) expect(known.has(reference)).toBe(true);
    const handedOver = sent.filter(({ identifier, state }) => identifier.includes(number) && state !== 'queued');
    expect(await world.phones.acceptedFor(number)).toBeLessThanOrEqual(handedOver.length);
  }
  const [waiting] = await rowsOf<{ n: number }>(
    url,
    'SELECT count(*)::int AS n FROM records.outbox WHERE published_at IS NULL',
  );
  expect(waiting!.n, 'events in the outbox').toBe(0);
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
