import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber } from '../harness/world.js';
import { Attempt } from './attempt.js';
import { startCity, type City } from './city.js';
import { watchLookups, type LookupWatch } from './lookup-watch.js';
import { register } from './person.js';
import { expectMessagesCounted, expectPromisesKept, expectResolvable, expectZoneOfRecords } from './promises.js';
import { scheduleOf, targets } from './schedule.js';
import { chanceOf, seedOfRun } from './seed.js';
import { watchSerials, type SerialWatch } from './serial-watch.js';

const registrations = 200;
/** Milliseconds in which people come and things fail. */
const duration = 75_000;
const rounds = 5;
/** After the last fault: all up, everybody answered, everything signed and served. */
const settling = { up: 90_000, people: 90_000, quiet: 90_000 };

const seed = seedOfRun();

describe(`200 registrations while everything is killed in turn (CALLBOOK_SEED=${seed})`, () => {
  let city: City;
  let serials: SerialWatch[] = [];
  let lookups: LookupWatch;
  let attempt: Attempt;
  let failed = true;
  const outcomes: PromiseSettledResult<void>[] = [];

  beforeAll(async () => {
    console.log(`CALLBOOK_SEED=${seed}`);
    const chance = chanceOf(seed);
    const faults = scheduleOf(chance, duration, rounds);
    const people = Array.from({ length: registrations }, (_, index) => ({
      number: reservedNumber(index),
      after: chance.between(0, duration),
      statements: chance.fraction() < 0.3 ? chance.between(2, 4) : 1,
      gaveUp: chance.fraction() < 0.1,
    }));

    city = await startCity();
    const { world, ledger, replicas, look, apex } = city;
    serials = replicas.map(({ server }) => watchSerials(server, apex));
    const strangers = Array.from({ length: 100 }, (_, index) => reservedNumber(900 + index));
    lookups = watchLookups({ replicas, ledger, look, strangers, chance: chanceOf(seed + 1) });

    attempt = new Attempt(performance.now() + duration + settling.up + settling.people);
    const surroundings = {
      api: world.callbook.addresses.api,
      fetch: world.fetch,
      phones: world.phones,
      ledger,
      attempt,
    };
    const everybody = Promise.allSettled(
      people.map(async ({ number, after, ...what }) => {
        await new Promise((resolve) => setTimeout(resolve, after));
        await register(surroundings, number, what);
      }),
    );
    await city.suffer(faults);
    const suffered = performance.now();
    const sinceThen = () => `${((performance.now() - suffered) / 1_000).toFixed(1)} s`;
    await city.untilUp(settling.up);
    const up = sinceThen();
    outcomes.push(...(await everybody));
    const answered = sinceThen();
    await city.untilQuiet(settling.quiet);
    console.log(`after the last fault: all up ${up}, everybody answered ${answered}, zones level ${sinceThen()}`);
    serials.forEach((watch) => watch.stop());
    await lookups.stop();
  }, 600_000);

  afterAll(async () => {
    if (!city) return;
    console.log(
      `restarts: ${targets.map((target) => `${target} ${city.supervised[target].restarts}`).join(', ')}; ` +
        `setbacks: ${said(attempt?.setbacks)}; look-ups: ${said(lookups?.outcomes)}`,
    );
    if (failed) console.log(`logs: ${city.keepLogs(String(seed))}`);
    await city.stop();
  });

  it('answers everybody in the end', () => {
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(refused).toEqual([]);
    expect(city.ledger.acknowledged().length).toBeGreaterThan(registrations * 0.9);
    for (const { number } of city.ledger.all()) expect(number).toBeDefined();
  });

  it('tells nobody of an error of its own: what fails is to be asked again', () => {
    expect(attempt.setbacks.get('internal') ?? 0).toBe(0);
  });

  it('resolves every acknowledged publication on every replica, validated', () => expectResolvable(city), 180_000);

  it('publishes what was last acknowledged, nothing twice, and nothing that nobody asked for', () =>
    expectPromisesKept(city));

  it('serves one zone on all replicas, which is what the proofs in PostgreSQL make', () => expectZoneOfRecords(city));

  it('sends no message twice and none too many', () => expectMessagesCounted(city));

  it('never took the SOA serial back', () => {
    expect(serials.map(({ stepsBack }) => stepsBack)).toEqual([[], []]);
    for (const { answers } of serials) expect(answers).toBeGreaterThan(500);
  });

  it('never gave a validator something bogus, or less than was promised', () => {
    expect(lookups.faults).toEqual([]);
    expect(lookups.outcomes.get('right')).toBeGreaterThan(100);
    failed = false;
  });
});

const said = (counts: ReadonlyMap<string, number> | undefined) =>
  [...(counts ?? [])].map(([what, count]) => `${what} ${count}`).join(', ') || 'none';
