import { readRRs, RRType, writeZoneFile, type RR } from '@callbook/dns';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, judgesAvailable } from '../../judges.js';
import { connectAs, startSignerServers, type SignerServers } from './servers.js';
import { binding, World } from './signer-world.js';

/** All kinds of records that an operator may add. */
const ofOperator = `
@          MX    10 mx
@          TXT   "v=spf1 mx -all"
@          CAA   0 issue "ca.example.net"
mx         A     192.0.2.25
_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}
_sip._tcp  SRV   0 0 5060 pbx
pbx        AAAA  2001:db8::5
www        CNAME web.example.net.
*.shop     A     192.0.2.80
*.shop     TXT   "any"
old        DNAME example.org.
signed     NS    ns.signed
signed     NS    ns1
signed     DS    1 13 2 ${'00'.repeat(32)}
ns.signed  A     192.0.2.53
plain      NS    ns.example.net.
plain      NS    ns.signed
x          TYPE65280 \\# 2 ABCD
`;

/**
 * Under compact denial (RFC 9824) a zone has no NSEC chain to transfer: denials are signed where they are asked for. So that is all that
 * other people's zone verifiers may miss.
 */
describe.skipIf(!(await judgesAvailable()))('the stored zone, in the eyes of other people', () => {
  let servers: SignerServers;
  let world: World;
  let dir: string;
  let file: string;
  let records: RR[];

  const write = (rrs: readonly RR[]) => writeFileSync(file, writeZoneFile(rrs));
  /** What `ldns-verify-zone` complains of, but for the chain that is not there. */
  const complaints = async (...args: string[]) => {
    const { stdout, stderr } = await ask('ldns-verify-zone', [...args, file]);
    expect(stdout + stderr).toContain('there is no NSEC(3)');
    const expected = /there is no NSEC\(3\)|There were errors in the zone/;
    return (stdout + stderr).split('\n').filter((line) => /error/i.test(line) && !expected.test(line));
  };

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'callbook-judged-'));
    file = path.join(dir, 'zone');
    servers = await startSignerServers();
    world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
    const staticRecords = path.join(dir, 'static.zone');
    writeFileSync(staticRecords, ofOperator);
    const signer = await world.startWhole({ staticRecords });
    await signer.sign(Array.from({ length: 20 }, (_, n) => binding(n * 7)));
    await signer.sign([binding(7, 2), binding(14, 2, { routes: [], keys: [] })]);
    await signer.close();
    const replica = await world.replica();
    const soa = replica.soa;
    const rest = replica.content
      .flatMap((rr) => readRRs(Buffer.from(rr, 'latin1')))
      .filter(({ type }) => type !== RRType.SOA);
    records = [soa, ...rest];
    write(records);
  });
  afterAll(async () => {
    await Promise.all([world?.nats.close(), world?.observer.close()]);
    await servers?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('has nothing but good signatures, today and after twelve days without a signer', async () => {
    expect(await complaints()).toEqual([]);
    expect(await complaints('-t', '+1036800')).toEqual([]);
  });

  it('would be bad after twenty-two days, or with one octet changed: the judge is awake', async () => {
    expect(await complaints('-t', '+1900800')).not.toEqual([]);
    const [first, ...others] = records.filter(({ type }) => type === RRType.NAPTR);
    const rdata = Uint8Array.from(first!.rdata);
    rdata[1] = rdata[1]! ^ 1;
    const rest = records.filter(({ type }) => type !== RRType.NAPTR);
    write([...rest, { ...first!, rdata }, ...others]);
    expect(await complaints()).not.toEqual([]);
    write(records);
  });

  it('loads in BIND and passes Knot, signatures apart from the chain', async () => {
    expect(await ask('named-checkzone', ['callbook.example', file])).toMatchObject({ code: 0 });
    expect(await ask('kzonecheck', ['-o', 'callbook.example', '-d', 'off', file])).toMatchObject({ code: 0 });
    const strict = await ask('kzonecheck', ['-o', 'callbook.example', '-d', 'on', file]);
    const errors = (strict.stdout + strict.stderr).split('\n').filter((line) => line.startsWith('['));
    expect(errors.filter((line) => !line.includes('missing NSEC(3) record'))).toEqual([]);
  });
});
