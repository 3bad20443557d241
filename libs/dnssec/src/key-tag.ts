/**
 * Key tag of a DNSKEY's rdata (RFC 4034 appendix B). A hint for choosing among keys, never an identity: any 16-bit sum
 * collides. Algorithm 1 (RSAMD5), which computes it otherwise, is not supported.
 */
export function keyTag(dnskeyRdata: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < dnskeyRdata.length; index += 1) {
    const octet = dnskeyRdata[index] as number;
    sum += index & 1 ? octet : octet << 8;
  }
  return (sum + (sum >>> 16)) & 0xffff;
}
