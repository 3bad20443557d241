import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeMessage, encodeMessage, Name, queryFor, Rcode, RRType, rdataText } from '@callbook/dns';
import { afterAll, describe, expect, it } from 'vitest';
import { judgesAvailable } from '../judges.js';
import { cpuSeconds, peerNames, QuestionClient, residentOctets, startPeer, type Peer } from './index.js';

const zone = (apex: string, serial: number) =>
  `$ORIGIN ${apex}\n$TTL 60\n@ SOA ns hostmaster ${serial} 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\na TXT "of ${apex}"\n`;

describe.skipIf(!(await judgesAvailable()))('other people’s servers', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-peers-'));
  const running: Peer[] = [];
  afterAll(async () => {
    await Promise.all(running.map((peer) => peer.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  const zones = ['one.callbook.example.', 'two.callbook.example.'].map((apex, index) => {
    const file = path.join(dir, `${index}.zone`);
    writeFileSync(file, zone(apex, 1));
    return { apex, file };
  });

  async function ask(peer: Peer, name: string, type: number, dnssecOk = false) {
    const client = await QuestionClient.open();
    const edns = { udpSize: 1232, version: 0, dnssecOk, compactOk: false, options: [] };
    const answer = await client.ask(
      peer,
      encodeMessage(queryFor({ name: Name.parse(name), type, class: 1 }, 7, { edns })),
    );
    client.close();
    return decodeMessage(answer!);
  }

  it.each(peerNames)('%s answers for several zones, and says its version', async (name) => {
    const peer = await startPeer(name, { dir: path.join(dir, name), zones });
    running.push(peer);
    expect(peer.version).toMatch(/^\d+\.\d+/);
    for (const { apex } of zones) {
      const found = await ask(peer, `a.${apex}`, RRType.TXT);
      expect(found).toMatchObject({ id: 7, rcode: Rcode.NOERROR, authoritative: true });
      expect(found.answers.map(({ type, rdata }) => rdataText(type, rdata))).toEqual([`"of ${apex}"`]);
      expect(await ask(peer, `b.${apex}`, RRType.TXT)).toMatchObject({ rcode: Rcode.NXDOMAIN });
    }
    expect(cpuSeconds(peer.pids())).toBeGreaterThanOrEqual(0);
    expect(residentOctets(peer.pids())).toBeGreaterThan(1e6);
  });

  it.each(['knot-onlinesign', 'powerdns-livesign'] as const)('%s signs what is not there', async (name) => {
    const peer = running.find((each) => each.name === name)!;
    const denial = await ask(peer, `b.${zones[0]!.apex}`, RRType.TXT, true);
    expect(denial.authorities.map(({ type }) => type)).toContain(RRType.RRSIG);
  });

  it.each(['nsd', 'knot', 'bind'] as const)('%s follows a primary with a key', async (name) => {
    const key = {
      name: 'transfer.callbook.example.',
      algorithm: 'hmac-sha256',
      secret: 'c2VjcmV0IG9mIGEgdGVzdA==',
    } as const;
    const [{ apex }] = zones as [(typeof zones)[0]];
    const primary = running.find((each) => each.name === 'knot')!;
    const peer = await startPeer(name, {
      dir: path.join(dir, `${name}-secondary`),
      secondaries: [
        { apex, primaries: [{ host: primary.host, port: primary.port }], notifyFrom: { host: '127.0.0.1', key } },
        { apex: zones[1]!.apex, primaries: [{ host: primary.host, port: primary.port, key }] },
      ],
    });
    running.push(peer);
    await expect
      .poll(async () => (await ask(peer, `a.${apex}`, RRType.TXT)).answers.length, { timeout: 15_000 })
      .toBe(1);
    expect((await ask(peer, `a.${zones[1]!.apex}`, RRType.TXT)).answers).toEqual([]); // the primary does not know the key
  });
});
