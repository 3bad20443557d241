import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ask } from '../../judges.js';
import type { Random } from './random.js';
import type { Variant } from './zone-maker.js';

interface KeyPair {
  /** The record data of its DNSKEY. */
  readonly dnskey: string;
  readonly keyTag: number;
  /** BIND's file of the private key. */
  readonly file: string;
}

/** The keys of all zones of a run: one that signs them, and one that signs denials on line. */
export interface SigningKeys {
  readonly zone: KeyPair;
  readonly denial: KeyPair;
}

export async function makeKeys(dir: string): Promise<SigningKeys> {
  mkdirSync(dir, { recursive: true });
  const make = async (flags: readonly string[]): Promise<KeyPair> => {
    const { stdout, stderr } = await ask('dnssec-keygen', ['-q', '-K', dir, '-a', '13', ...flags, 'keys.example.']);
    const base = stdout.trim();
    if (base === '') throw new Error(`dnssec-keygen: ${stderr}`);
    const text = readFileSync(path.join(dir, `${base}.key`), 'utf8');
    const dnskey = /IN DNSKEY (.*)$/m.exec(text)?.[1] ?? '';
    return { dnskey, keyTag: Number(base.slice(-5)), file: path.join(dir, `${base}.private`) };
  };
  return { zone: await make(['-f', 'KSK']), denial: await make([]) };
}

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
  const dnskeys = shown.map(({ dnskey }) => `${apex}\t3600\tIN\tDNSKEY\t${dnskey}\n`).join('');
  writeFileSync(plain, variant === 'unsigned' ? text : text + dnskeys);
  if (variant === 'unsigned') return plain;
  const key = `K${apex}+013+${String(keys.zone.keyTag).padStart(5, '0')}`;
  copyFileSync(keys.zone.file, path.join(dir, `${key}.private`));
  writeFileSync(path.join(dir, `${key}.key`), `${apex} IN DNSKEY ${keys.zone.dnskey}\n`);
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
