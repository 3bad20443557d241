/** A host name in ASCII: labels of letters, digits and hyphens, the last not a number (RFC 1123 §2.1, RFC 3696 §2). */
export const isHostName = (text: string): boolean =>
  text.length <= 253 &&
  /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text) &&
  !/(^|\.)[0-9]+$/.test(text);

/** A host name, an IPv4 address, or an IPv6 address in brackets in its shortest form (RFC 5952). */
export function isHost(text: string): boolean {
  if (isHostName(text)) return true;
  if (!/^([0-9.]+|\[[0-9a-f:.]+\])$/i.test(text) || !URL.canParse(`http://${text}/`)) return false;
  // The URL parser reads "1.2" as an address too, and writes it in full.
  return new URL(`http://${text}/`).hostname === text.toLowerCase();
}

/** `host` or `host:port`. */
export function isHostAndPort(text: string): boolean {
  const [, host, port] = /^(.*?)(?::([0-9]{1,5}))?$/s.exec(text)!;
  return isHost(host!) && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}
