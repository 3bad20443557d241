import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeMessage, Rcode } from '@callbook/dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgesAvailable } from '../judges.js';
import { QuestionClient, StreamClient } from '../peers/index.js';
import { startLookup, type LookupProcess } from './lookup-process.js';
import { numberZone } from './number-zone.js';
import { cases, type OctetCase } from './octets/cases.js';
import { packetOf } from './octets/packets.js';
import { counted, firstSeed } from './portion.js';

describe.skipIf(!(await judgesAvailable()))('packets made octet by octet', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-octets-'));
  let lookup: LookupProcess;
  let udp: QuestionClient;
  let checked = 0;

  beforeAll(async () => {
    mkdirSync(path.join(dir, 'zone'));
    const zone = await numberZone({ dir: path.join(dir, 'zone'), variant: 'compact', count: 1_000, seed: firstSeed });
    lookup = await startLookup({
      dir: path.join(dir, 'lookup'),
      zoneFile: zone.file,
      denialKey: zone.denialKey!,
      settings: { CALLBOOK_NSID: 'one' },
    });
    udp = await QuestionClient.open();
  }, 120_000);
  afterAll(async () => {
    udp?.close();
    await lookup?.stop();
    rmSync(dir, { recursive: true, force: true });
    counted('(c) octets', { 'cases checked': checked });
  });

  /** Silence is known by the answer to the packet behind: one client is answered in order. */
  async function over(transport: 'udp' | 'tcp', packet: Buffer): Promise<Buffer | undefined> {
    if (packet.length < 2) return undefined;
    if (transport === 'udp') {
      const answer = udp.ask(lookup, packet);
      await udp.ask(lookup, packetOf({}));
      return Promise.race([answer, sleep(100, undefined)]);
    }
    const client = await StreamClient.open(lookup);
    try {
      const answer = client.ask(packet);
      await client.ask(packetOf({}));
      return await Promise.race([answer, sleep(100, undefined)]);
    } finally {
      client.close();
    }
  }

  describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
    const titled = cases
      .filter(({ rfc }) => transport === 'udp' || rfc !== 'RFC 7828: keepalive')
      .map((each) => ({ ...each, titled: `${each.rfc}: ${each.title}` }));

    it.each(titled)('$titled', async ({ packet, expected }: OctetCase) => {
      const answer = await over(transport, packet);
      const { rcode } = expected;
      checked += 1;
      if (rcode === undefined) return expect(answer).toBeUndefined();
      const message = decodeMessage(answer!);
      expect(typeof rcode === 'number' ? [rcode] : rcode).toContain(message.rcode);
      expect(message).toMatchObject({ id: 0x1234, response: true, recursionAvailable: false, authenticData: false });
      expect(message.opcode).toBe((packet[2]! >> 3) & 15);
      if (expected.edns !== undefined) expect(message.edns !== undefined).toBe(expected.edns);
      if (message.edns) expect(message.edns.version).toBe(0);
      if (expected.dnssecOk !== undefined) expect(message.edns?.dnssecOk).toBe(expected.dnssecOk);
      const codes = message.edns?.options.map(({ code }) => code) ?? [];
      for (const code of expected.options ?? []) expect(codes).toContain(code);
      for (const code of expected.noOptions ?? []) expect(codes).not.toContain(code);
      if (expected.answered !== undefined) expect(message.answers.length > 0).toBe(expected.answered);
      if (message.rcode === Rcode.FORMERR || message.rcode === Rcode.NOTIMP) expect(message.answers).toEqual([]);
    });
  });
});
