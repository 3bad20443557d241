import { KeyError } from './errors.js';
import { integerOf } from './integers.js';

const minimumBits = 2048;
/** A longer modulus costs every verifier more than it protects. */
const maximumBits = 8192;

/**
 * Checks a modulus and exponent, big-endian: sizes and parity of FIPS 186-5 §5.1, no small factor, no ROCA (CVE-2017-15361).
 * @throws KeyError KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WEAK
 */
export function checkRsa(modulus: Uint8Array, exponent: Uint8Array): void {
  if (modulus.length === 0 || exponent.length === 0 || modulus[0] === 0 || exponent[0] === 0)
    throw new KeyError('KEY_MALFORMED', 'an RSA integer is empty or has leading zeros');
  const bits = modulus.length * 8 - (Math.clz32(modulus[0]!) - 24);
  if (bits < minimumBits) throw new KeyError('KEY_WEAK', `the RSA modulus has ${bits} bits, under ${minimumBits}`);
  if (bits > maximumBits)
    throw new KeyError('KEY_UNSUPPORTED', `the RSA modulus has ${bits} bits, over ${maximumBits}`);
  if (exponent.length > 32) throw new KeyError('KEY_UNSUPPORTED', 'the RSA exponent has over 256 bits');
  const e = integerOf(exponent);
  if (e < 65537n || e % 2n === 0n) throw new KeyError('KEY_WEAK', 'the RSA exponent is even or under 65537');
  const n = integerOf(modulus);
  if (smallPrimes.some((prime) => n % BigInt(prime) === 0n))
    throw new KeyError('KEY_WEAK', 'the RSA modulus has a small factor');
  if (hasRocaFingerprint(n))
    throw new KeyError('KEY_WEAK', 'the RSA modulus was made by a generator that is broken (ROCA)');
}

const smallPrimes = primesUnder(752);

/**
 * The primes of that generator are 65537^a modulo a product of small primes, and so is the modulus: each of its remainders is a power of
 * 65537 (Nemec et al. 2017 §2). For another modulus the odds are under 2^-100.
 */
const rocaRemainders = primesUnder(168)
  .filter((prime) => prime > 2)
  .map((prime) => ({ prime, powers: powersOf(65537 % prime, prime) }))
  // Where 65537 generates every remainder there is nothing to see.
  .filter(({ prime, powers }) => powers.size < prime - 1);

const hasRocaFingerprint = (n: bigint): boolean =>
  rocaRemainders.every(({ prime, powers }) => powers.has(Number(n % BigInt(prime))));

function powersOf(base: number, modulus: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * base) % modulus) powers.add(power);
  return powers;
}

function primesUnder(limit: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate += 1)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  return primes;
}
