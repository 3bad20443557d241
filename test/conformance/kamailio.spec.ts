import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type Daemon } from '@callbook/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber, sip, startWorld, type World } from '../harness/world.js';
import { ask, judgesAvailable, startKamailio, startUnbound, type Anchor, type Said } from '../judges.js';
import { startRoom, type Room } from '../resolver-room.js';
import { apex, suffix } from './tree.js';

const config = { file: path.resolve(import.meta.dirname, '../../deploy/sip/kamailio/kamailio.cfg') };
const scenario = (name: string) => path.join(import.meta.dirname, 'sipp', `${name}.xml`);

/** Addresses in the room, whose ports nobody else uses. */
const kamailioAt = { host: '127.0.0.1', port: 5060 };
const phoneAt = { host: '127.0.0.2', port: 5060 };
const callerAt = { host: '127.0.0.3', port: 5060 };

/** The rest of the internet, as far as a call to `sip:alice@example.net` needs it (RFC 3263). */
const restOfTheInternet = [
  'local-zone: "example.net." static',
  `local-data: "_sip._udp.example.net. SRV 0 0 ${phoneAt.port} phone.example.net."`,
  `local-data: "phone.example.net. A ${phoneAt.host}"`,
  `local-data: "silent.example.net. A 127.0.0.4"`,
];

describe.skipIf(!(await judgesAvailable()))('Kamailio, with the sample configuration', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-kamailio-'));
  let world: World;
  let room: Room;
  let kamailio: Daemon;
  let unbound: Daemon | undefined;
  let resolverPort: number;
  let anchor: Anchor;

  beforeAll(async () => {
    world = await startWorld();
    const alice = await world.person();
    await alice.register(reservedNumber(123), sip('sip:alice@example.net'));
    await alice.register(reservedNumber(124), {
      routes: [
        { service: 'E2U+sip', uri: 'sip:alice@gone.example.net', order: 100, preference: 10 },
        { service: 'E2U+sip', uri: 'sip:alice@silent.example.net', order: 100, preference: 20 },
        { service: 'E2U+sip', uri: 'sip:alice@example.net', order: 100, preference: 30 },
      ],
    });
    const [ds] = (await world.directory()).description.meta.zone.ds;
    anchor = { zone: apex, ds: ds!.replace(/^.* DS /, '') };
    resolverPort = await freePort();
    await resolveWith(anchor);
    room = await startRoom({ dir: path.join(dir, 'room'), resolver: { host: '127.0.0.1', port: resolverPort } });
    kamailio = await startKamailio({
      dir: path.join(dir, 'kamailio'),
      port: kamailioAt.port,
      config,
      settings: { CALLBOOK_ENUM_SUFFIX: suffix },
      within: room.within,
    });
  });
  afterAll(async () => {
    for (const each of [kamailio, room, unbound, world]) await each?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The room's resolver from now on: a validating unbound that trusts this anchor. */
  async function resolveWith(trusted: Anchor): Promise<void> {
    await unbound?.stop();
    unbound = await startUnbound({
      dir: path.join(dir, 'unbound'),
      port: resolverPort,
      anchor: trusted,
      servers: world.callbook.addresses.dns,
      extra: restOfTheInternet,
    });
  }

  const sipp = (name: string, at: { host: string; port: number }, args: readonly string[]): Promise<Said> =>
    ask('sipp', ['-sf', scenario(name), '-m', '1', '-i', at.host, '-p', String(at.port), '-nostdin', ...args], {
      within: room.within,
      cwd: dir,
    });
  const call = (number: string, as = 'caller') =>
    sipp(as, callerAt, ['-s', number, '-timeout', '15', `${kamailioAt.host}:${kamailioAt.port}`]);
  const phone = (seconds = 15) => sipp('called', phoneAt, ['-timeout', String(seconds)]);

  it('routes a call to a registered number to the address that is registered', async () => {
    const [called, caller] = await Promise.all([phone(), call(reservedNumber(123))]);
    expect([outcome(caller), outcome(called)]).toEqual(['as the scenario says', 'as the scenario says']);
  });

  it('tries the next address of a number where the host of one is not to be found, and that of another does not answer', async () => {
    const [called, caller] = await Promise.all([phone(), call(reservedNumber(124))]);
    expect([outcome(caller), outcome(called)]).toEqual(['as the scenario says', 'as the scenario says']);
  });

  it.each([reservedNumber(122), '+447700900', '+4477009001230', 'alice', '+1'])(
    'answers 404 to a call to %s, which is not registered',
    async (number) => {
      expect(outcome(await call(number, 'caller-not-found'))).toBe('as the scenario says');
    },
  );

  it('fails these tests when a call ends otherwise than its scenario says', async () => {
    expect(outcome(await call(reservedNumber(122)))).toBe('otherwise');
  });

  it('routes nothing by an answer that does not validate, and the same call again when it does', async () => {
    await resolveWith({ ...anchor, ds: anchor.ds.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) });
    expect(outcome(await call(reservedNumber(123), 'caller-not-found'))).toBe('as the scenario says');
    await resolveWith(anchor);
    const [called, caller] = await Promise.all([phone(), call(reservedNumber(123))]);
    expect([outcome(caller), outcome(called)]).toEqual(['as the scenario says', 'as the scenario says']);
  });
});

/** SIPp ends with 0 when every message came as its scenario says, and with 1 when one call did not. */
function outcome({ code, stdout, stderr }: Said): 'as the scenario says' | 'otherwise' {
  if (code !== 0 && code !== 1) throw new Error(`SIPp ended with ${code}: ${stdout}${stderr}`);
  return code === 0 ? 'as the scenario says' : 'otherwise';
}
