import { isE164 } from './e164.js';
import { EnumError, quoted } from './errors.js';
import type { UriScheme } from './enumservices.js';
import { isHost, isHostAndPort } from './host.js';
import { parseIdentifierUri } from './identifier.js';

/** The characters of RFC 3986 §2: no space, quote, backslash, control or anything beyond ASCII; and escapes that are whole. */
const characters = /^([a-z][a-z0-9+.-]*):((?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)$/i;

/** Forms of what stands behind the scheme. Parts that let a stranger add to a request (headers, passwords) are not taken. */
const forms: Readonly<Record<UriScheme, (rest: string, uri: string) => boolean>> = {
  sip: isSip,
  sips: isSip,
  h323: (rest) =>
    /^[^@;]+@[^@;]+(;[^@]*)?$/.test(rest) && isHostAndPort(rest.replace(/^[^@]*@/, '').replace(/;.*$/, '')),
  iax: (rest) =>
    /^([^@/?#]+@)?[^@/?#]+(\/[^@/?#]*)?(\?[^?#]*)?$/.test(rest) &&
    isHostAndPort(rest.replace(/^[^@/?#]+@/, '').replace(/[/?].*$/, '')),
  im: isUserAtHost,
  pres: isUserAtHost,
  acct: isUserAtHost,
  xmpp: (rest) => isUserAtHost(rest.replace(/\/[^@?#]*$/, '')),
  mailto: isMail,
  tel: isTel,
  http: isWeb,
  https: isWeb,
  ftp: isWeb,
};

/** The scheme of a URI that a route may lead to. @throws EnumError ROUTE_URI_MALFORMED */
export function schemeOf(uri: string): UriScheme {
  const [, scheme, rest] = characters.exec(uri) ?? [];
  if (scheme === undefined || rest === undefined)
    throw new EnumError('ROUTE_URI_MALFORMED', `${quoted(uri)} is not a URI in ASCII`);
  const name = scheme.toLowerCase();
  if (!isScheme(name))
    throw new EnumError('ROUTE_URI_MALFORMED', `${quoted(uri)} has a scheme that no enumservice has`);
  if (!forms[name](rest, uri))
    throw new EnumError('ROUTE_URI_MALFORMED', `${quoted(uri)} is not a ${name} URI that we take`);
  return name;
}

const isScheme = (name: string): name is UriScheme => Object.hasOwn(forms, name);

/** `user@host`, no port: RFC 3859 §3, RFC 3860 §3, RFC 7565 §7, RFC 5122 §2.2. */
function isUserAtHost(text: string): boolean {
  const at = text.lastIndexOf('@');
  return /^[^@/?#[\]]+$/.test(text.slice(0, Math.max(at, 0))) && isHost(text.slice(at + 1));
}

/** RFC 3261 §19.1, without password and without headers, which would let a record put words into a caller's request. */
function isSip(rest: string): boolean {
  const [, user, host, parameters] = /^(?:([^@]+)@)?([^@;?]+)((?:;[^@;?]+)*)$/.exec(rest) ?? [];
  if (host === undefined) return false;
  if (user !== undefined && !/^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/.test(user)) return false;
  const parameter =
    /^;(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+(?:=(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+)?$/;
  return (
    isHostAndPort(host) &&
    (parameters!.match(/;[^;]*/g) ?? []).every((text) => parameter.test(text) && !/^;method=/i.test(text))
  );
}

/** One address and no header fields (RFC 6068 §2). */
function isMail(rest: string): boolean {
  try {
    return parseIdentifierUri(`mailto:${rest}`).type === 'mailto';
  } catch {
    return false;
  }
}

/** A global number, RFC 3966 §3; parameters as they may be. */
function isTel(rest: string): boolean {
  const [, number, parameters] = /^(\+[0-9().-]+)((?:;[^;]+)*)$/.exec(rest) ?? [];
  if (number === undefined || !isE164(number.replace(/[().-]/g, ''))) return false;
  return (parameters!.match(/;[^;]*/g) ?? []).every((text) => /^;[A-Za-z0-9-]+(?:=[^;=@#?]+)?$/.test(text));
}

/** With a host and without a user or password, which would be published. */
function isWeb(rest: string, uri: string): boolean {
  if (!rest.startsWith('//') || !URL.canParse(uri)) return false;
  const { hostname, username, password } = new URL(uri);
  return isHost(hostname) && username === '' && password === '' && !/^\/\/[^/?#]*@/.test(rest);
}
