import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type Daemon } from '@callbook/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRoom } from './resolver-room.js';
import { ask, delv, judgesAvailable, startKamailio, startUnbound, type Anchor } from './judges.js';

const zone = 'callbook.example.';

/** SIPp's exit code is 0 when every message came as its scenario says. */
const options = `<?xml version="1.0"?>
<scenario name="options">
  <send retrans="500"><![CDATA[
OPTIONS sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:judge@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
`;

/** Passes when the call is redirected to the address in the zone. */
const invite = `<?xml version="1.0"?>
<scenario name="redirected">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:judge@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:judge@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

  ]]></send>
  <recv response="302">
    <action><ereg regexp="sip:alice@example.net" search_in="hdr" header="Contact:" check_it="true" assign_to="1"/></action>
  </recv>
  <send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:judge@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

  ]]></send>
  <Reference variables="1"/>
</scenario>
`;

describe.skipIf(!(await judgesAvailable()))('the judges, over a zone that BIND signed', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-judges-'));
  const signed = path.join(dir, 'signed');
  const server = { host: '127.0.0.1', port: 0 };
  const running: Daemon[] = [];
  let anchor: Anchor;

  beforeAll(async () => {
    writeFileSync(
      path.join(dir, 'zone'),
      `$ORIGIN ${zone}\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\na TXT "x"\n3.2.1.0.0.9.0.0.7.7.4.4.e164 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .\n`,
    );
    for (const flags of [['-f', 'KSK'], []])
      expect((await ask('dnssec-keygen', ['-K', dir, '-a', '13', ...flags, zone])).code).toBe(0);
    const signing = await ask('dnssec-signzone', ['-S', '-K', dir, '-o', zone, '-f', signed, path.join(dir, 'zone')], {
      cwd: dir,
    });
    expect(signing.code).toBe(0);
    const [, ds = ''] = readFileSync(path.join(dir, `dsset-${zone}`), 'utf8')
      .trim()
      .split(/\sDS\s+/);
    anchor = { zone, ds };
    server.port = await freePort();
    const sections = `auth-zone:\n  name: "${zone}"\n  zonefile: "${signed}"\n  for-upstream: no\n`;
    running.push(
      await startUnbound({ dir: path.join(dir, 'served'), port: server.port, anchor, servers: [], sections }),
    );
  });
  afterAll(async () => {
    await Promise.all(running.map((daemon) => daemon.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  it('delv validates what is there and that something is not, and refuses another anchor', async () => {
    expect((await delv(server, anchor, { name: `a.${zone}`, type: 'TXT' }, dir)).verdict).toBe('fully validated');
    expect((await delv(server, anchor, { name: `a.${zone}`, type: 'A' }, dir)).verdict).toBe(
      'negative response, fully validated',
    );
    expect((await delv(server, anchor, { name: `b.${zone}`, type: 'A' }, dir)).verdict).toBe(
      'negative response, fully validated',
    );
    const other = { zone, ds: anchor.ds.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) };
    expect((await delv(server, other, { name: `a.${zone}`, type: 'TXT' }, dir)).verdict).toBe(
      'resolution failed: broken trust chain',
    );
  });

  it('unbound validates through the servers it is told', async () => {
    const port = await freePort();
    running.push(await startUnbound({ dir: path.join(dir, 'validating'), port, anchor, servers: [server] }));
    const { stdout } = await ask('dig', ['@127.0.0.1', '-p', String(port), '+dnssec', `a.${zone}`, 'TXT']);
    expect(stdout).toMatch(/flags:.* ad;/);
  });

  it('ldns and Knot check the whole zone', async () => {
    expect(await ask('ldns-verify-zone', ['-V', '1', signed])).toMatchObject({ code: 0 });
    expect(await ask('kzonecheck', ['-o', zone, signed])).toMatchObject({ code: 0 });
  });

  it('Kamailio starts with its ENUM module, and SIPp gets an answer', async () => {
    const port = await freePort();
    const config = `log_stderror=yes
children=1
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "enum.so"
request_route { sl_send_reply("200", "OK"); }
`;
    running.push(await startKamailio({ dir: path.join(dir, 'kamailio'), port, config }));
    writeFileSync(path.join(dir, 'options.xml'), options);
    const call = ['-sf', path.join(dir, 'options.xml'), '-m', '1', '-i', '127.0.0.1', '-p', String(await freePort())];
    expect(await ask('sipp', [...call, '-timeout', '10', '-nostdin', `127.0.0.1:${port}`], { cwd: dir })).toMatchObject(
      { code: 0 },
    );
  });

  it('Kamailio, in a room of its own, routes a number by what the validating resolver says', async () => {
    const port = await freePort();
    running.push(await startUnbound({ dir: path.join(dir, 'resolver'), port, anchor, servers: [server] }));
    const room = await startRoom({ dir: path.join(dir, 'room'), resolver: { host: '127.0.0.1', port } });
    const config = `log_stderror=yes
children=1
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "enum.so"
request_route {
  if (!is_method("INVITE")) exit;
  if (!enum_query("e164.${zone}")) { sl_send_reply("404", "Not Found"); exit; }
  append_to_reply("Contact: <$ru>\\r\\n");
  sl_send_reply("302", "Moved Temporarily");
}
`;
    const kamailio = await startKamailio({ dir: path.join(dir, 'routing'), port: 5060, config, within: room.within });
    const scenario = path.join(dir, 'invite.xml');
    writeFileSync(scenario, invite);
    const call = async (number: string) =>
      (
        await ask(
          'sipp',
          [
            '-sf',
            scenario,
            '-s',
            number,
            '-m',
            '1',
            '-i',
            '127.0.0.1',
            '-p',
            '5061',
            '-timeout',
            '10',
            '-nostdin',
            '127.0.0.1:5060',
          ],
          room,
        )
      ).code;
    expect(await call('+447700900123')).toBe(0);
    expect(await call('+447700900124')).toBe(1); // 404: an unexpected answer
    await kamailio.stop();
    await room.stop();
  });
});
