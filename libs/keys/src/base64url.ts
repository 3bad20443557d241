export const toBase64url = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url');

/**
 * The octets of unpadded base64url (RFC 4648 §5); undefined for anything else, also where unused bits are not zero, so that two texts never
 * stand for the same octets.
 */
export function fromBase64url(text: string): Uint8Array | undefined {
  const octets = Buffer.from(text, 'base64url');
  return octets.toString('base64url') === text ? new Uint8Array(octets) : undefined;
}
