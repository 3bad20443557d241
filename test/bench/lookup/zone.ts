import { a, naptr, Name, ns, nsec, RRType, soa, textOf, type RR, type RRset } from '@callbook/dns';
import { exportZoneKey, generateZoneKey, signRRset } from '@callbook/dnssec';
import { nodeOf, parseE164 } from '@callbook/enum';
import { createPrivateKey } from 'node:crypto';
import { createWriteStream, writeFileSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';

export const apex = 'callbook.example.';
const origin = Name.parse(apex);
const suffix = Name.parse(`e164.${apex}`);

/** The same numbers as each server needs them. */
export interface ZoneFiles {
  /** Signed, with the NSEC chain that other servers deny from. */
  readonly chained: string;
  /** Signed, without a chain: ours denies with the key (RFC 9824). */
  readonly signed: string;
  readonly denialKey: string;
  /** For servers that sign on line with keys of their own. */
  readonly unsigned: string;
}

/** The nth number of those that begin as the reserved ones do, and go on to the 15 digits that E.164 allows. */
export const ownerOf = (n: number): Name => nodeOf(parseE164(`+447700900${String(n).padStart(6, '0')}`), suffix);

/** Writes the zone in all three shapes to `dir`. Every number has a signed NAPTR set. */
export async function writeZoneFiles(dir: string, numbers: number): Promise<ZoneFiles> {
  const [ksk, zsk, denial] = [generateZoneKey(13, 257), generateZoneKey(13, 256), generateZoneKey(13, 256)];
  const now = Math.floor(Date.now() / 1_000);
  const validity = { inception: now - 3_600, expiration: now + 14 * 86_400 };
  const files = {
    chained: path.join(dir, 'chained.zone'),
    signed: path.join(dir, 'signed.zone'),
    unsigned: path.join(dir, 'unsigned.zone'),
    denialKey: path.join(dir, 'denial-key.pem'),
  };
  const { chained, signed, unsigned } = {
    chained: createWriteStream(files.chained),
    signed: createWriteStream(files.signed),
    unsigned: createWriteStream(files.unsigned),
  };

  const set = (name: Name, type: number, ttl: number, ...rdatas: Uint8Array[]): RRset => ({
    name,
    type,
    class: 1,
    ttl,
    rdatas,
  });
  const write = async (to: readonly WriteStream[], records: readonly RR[]) => {
    const text = records.map((record) => `${textOf(record)}\n`).join('');
    for (const stream of to) if (!stream.write(text)) await once(stream, 'drain');
  };
  const signature = (of: RRset) =>
    signRRset(of, { key: of.type === RRType.DNSKEY ? ksk : zsk, signer: origin }, validity);
  const publish = async (name: Name, sets: readonly RRset[], next: Name) => {
    for (const each of sets) {
      const records = each.rdatas.map((rdata) => ({ name, type: each.type, class: 1, ttl: each.ttl, rdata }));
      await write(each.type === RRType.DNSKEY ? [chained, signed] : [chained, signed, unsigned], records);
      await write([chained, signed], [signature(each)]);
    }
    const types = [...sets.map(({ type }) => type), RRType.RRSIG, RRType.NSEC].sort((one, other) => one - other);
    const link = set(name, RRType.NSEC, 60, nsec.write({ next, types }));
    await write(
      [chained],
      [{ name, type: link.type, class: 1, ttl: link.ttl, rdata: link.rdatas[0]! }, signature(link)],
    );
  };

  const nameserver = Name.parse(`ns1.${apex}`);
  const start = soa.write({
    mname: nameserver,
    rname: Name.parse(`hostmaster.${apex}`),
    serial: 1,
    refresh: 3_600,
    retry: 900,
    expire: 604_800,
    minimum: 60,
  });
  await publish(
    origin,
    [
      set(origin, RRType.SOA, 3_600, start),
      set(origin, RRType.NS, 3_600, ns.write({ target: nameserver })),
      set(origin, RRType.DNSKEY, 3_600, ...[ksk, zsk, denial].map(({ rdata }) => rdata)),
    ],
    ownerOf(0),
  );
  for (let n = 0; n < numbers; n += 1) {
    const name = ownerOf(n);
    const rule = naptr.write({
      order: 100,
      preference: 10,
      flags: 'u',
      services: 'E2U+sip',
      regexp: `!^.*$!sip:${n}@example.net!`,
      replacement: Name.root,
    });
    await publish(name, [set(name, RRType.NAPTR, 300, rule)], n + 1 < numbers ? ownerOf(n + 1) : nameserver);
  }
  await publish(nameserver, [set(nameserver, RRType.A, 3_600, a.write({ address: '127.0.0.1' }))], origin);

  for (const stream of [chained, signed, unsigned]) {
    stream.end();
    await once(stream, 'close');
  }
  const key = createPrivateKey({ key: Buffer.from(exportZoneKey(denial)), format: 'der', type: 'pkcs8' });
  writeFileSync(files.denialKey, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return files;
}
