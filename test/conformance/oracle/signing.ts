import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rdataText, RRType } from '@callbook/dns';
import { generateZoneKey, type ZoneKey } from '@callbook/dnssec';
import { ask } from '../../judges.js';
import type { Random } from './random.js';
import type { Variant } from './zone-maker.js';

/** The keys of all zones of a run: one that signs them, and one that signs denials on line. */
export interface SigningKeys {
  readonly zone: ZoneKey;
  readonly denial: ZoneKey;
}

export const makeKeys = (): SigningKeys => {
  const zone = generateZoneKey(13, 257);
  return { zone, denial: generateZoneKey(13, 256, [zone.tag]) };
};

/** For `callbook-lookup --denial-key`. */
export const pemOf = ({ privateKey }: ZoneKey) => privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/** As BIND keeps a private key. */
const privateFileOf = ({ privateKey }: ZoneKey) =>
  `Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ${Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url').toString('base64')}\n`;

const dnskeyText = ({ rdata }: ZoneKey) => rdataText(RRType.DNSKEY, rdata);

/**
 * Signs a zone file with BIND's dnssec-signzone: neither signatures nor chains are of Callbook's own making. For `compact` the chain is
 * taken out again and the key that denies on line is shown.
 * @returns the file
 */
export async function signZone(
  random: Random,
  { dir, apex, text, variant, keys }: { dir: string; apex: string; text: string; variant: Variant; keys: SigningKeys },
): Promise<string> {
  const plain = path.join(dir, `${apex}zone`);
  const shown = variant === 'compact' ? [keys.zone, keys.denial] : [keys.zone];
  const dnskeys = shown.map((key) => `${apex}\t3600\tIN\tDNSKEY\t${dnskeyText(key)}\n`).join('');
  writeFileSync(plain, variant === 'unsigned' ? text : text + dnskeys);
  if (variant === 'unsigned') return plain;
  const key = `K${apex}+013+${String(keys.zone.tag).padStart(5, '0')}`;
  writeFileSync(path.join(dir, `${key}.private`), privateFileOf(keys.zone));
  writeFileSync(path.join(dir, `${key}.key`), `${apex} IN DNSKEY ${dnskeyText(keys.zone)}\n`);
  const signed = path.join(dir, `${apex}signed`);
  const salt = random.chance(0.6) ? '-' : Buffer.from(random.octets(4)).toString('hex');
  const nsec3 = ['-3', salt, '-H', String(random.pick([0, 0, 1, 5]))];
  const chain = { nsec: [], nsec3, 'nsec3-opt-out': [...nsec3, '-A'], compact: [] }[variant];
  const args = ['-o', apex, '-f', signed, '-O', 'full', '-P', '-z', '-s', '-3600', '-e', '+2592000', ...chain];
  const said = await ask('dnssec-signzone', [...args, plain, key], { cwd: dir, timeoutMs: 60_000 });
  if (said.code !== 0) throw new Error(`dnssec-signzone: ${said.stdout}${said.stderr}`);
  if (variant === 'compact')
    writeFileSync(signed, readFileSync(signed, 'utf8').replace(/^\S+\s+\d+\s+IN\s+(NSEC|RRSIG\s+NSEC)\s.*\n/gm, ''));
  return signed;
}
