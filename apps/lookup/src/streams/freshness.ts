const typeSoa = 6;

/**
 * Seconds for which an HTTP cache may keep an answer (RFC 8484 §5.1): the smallest TTL of its answers; where there are none, what the SOA
 * record of a denial allows (RFC 2308 §5), or the smallest TTL of a referral. 0 for what is nothing of the zone: errors, and answers cut off.
 *
 * @param message a message of ours in `[start, end)`, so that it is well formed
 */
export function freshness(message: Uint8Array, start: number, end: number): number {
  const rcode = message[start + 3]! & 0x0f;
  const truncated = (message[start + 2]! & 0x02) !== 0;
  if (truncated || (rcode !== 0 && rcode !== 3)) return 0;
  const answers = sixteen(message, start + 6);
  const authorities = sixteen(message, start + 8);
  let at = start + 12;
  for (let left = sixteen(message, start + 4); left > 0; left--) at = behindName(message, at, end) + 4;

  let smallest = Infinity;
  for (let left = answers > 0 ? answers : authorities; left > 0; left--) {
    at = behindName(message, at, end);
    if (at + 10 > end) return 0;
    const next = at + 10 + sixteen(message, at + 8);
    if (next > end) return 0;
    const ttl = thirtyTwo(message, at + 4);
    if (sixteen(message, at) === typeSoa && answers === 0)
      smallest = Math.min(smallest, ttl, thirtyTwo(message, next - 4));
    else smallest = Math.min(smallest, ttl);
    at = next;
  }
  return smallest === Infinity ? 0 : smallest;
}

function behindName(message: Uint8Array, at: number, end: number): number {
  while (at < end && message[at] !== 0) {
    if (message[at]! >= 0xc0) return at + 2;
    at += message[at]! + 1;
  }
  return at + 1;
}

const sixteen = (octets: Uint8Array, at: number): number => (octets[at]! << 8) | octets[at + 1]!;
const thirtyTwo = (octets: Uint8Array, at: number): number => sixteen(octets, at) * 65_536 + sixteen(octets, at + 2);
