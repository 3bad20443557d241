import type { BindingContent } from '@callbook/contracts';
import { RRType, type Name, type RRset } from '@callbook/dns';
import { hashedNode, naptrSet, nodeOf, parseIdentifierUri } from '@callbook/enum';
import { publicKeyFromSpki, smimeaRdata } from '@callbook/keys';

/** Where identifiers of each kind live; all within the zone. */
export interface Suffixes {
  readonly apex: Name;
  readonly tel: Name;
  readonly mailto: Name;
  readonly sip: Name;
}

export const suffixesOf = ({ zone, telSuffix }: { zone: Name; telSuffix: Name }): Suffixes => ({
  apex: zone,
  tel: telSuffix,
  mailto: zone.prepend('mail'),
  sip: zone.prepend('sip'),
});

/** Grows whenever `rrsetsOfBinding` makes something else of the same content, so that all bindings are made anew. */
const rulesVersion = 1;

export const rulesOf = ({ tel, mailto, sip }: Suffixes): string => `${rulesVersion} ${tel} ${mailto} ${sip}`;

/**
 * What a binding is in DNS: its NAPTR set (RFC 6116), and one SMIMEA 3 1 0 record a key (RFC 8162), the whole SubjectPublicKeyInfo. A
 * binding without routes has no NAPTR set, and one without keys no SMIMEA set. Errors: those of routes and keys.
 */
export function rrsetsOfBinding(content: BindingContent, suffixes: Suffixes): RRset[] {
  const { routes, keys } = namesOf(content.identifier, suffixes);
  const smimea = {
    name: keys,
    type: RRType.SMIMEA,
    class: 1,
    ttl: content.ttl,
    rdatas: content.keys.map(({ value }) => smimeaRdata(publicKeyFromSpki(Buffer.from(value, 'base64url')))),
  };
  const naptr = content.routes.length > 0 ? [naptrSet(routes, content.routes, content.ttl)] : [];
  return [...naptr, ...(smimea.rdatas.length > 0 ? [smimea] : [])];
}

/** Owner names of the routes and of the keys (ARCHITECTURE, "Names in the zone"). */
function namesOf(identifierUri: string, suffixes: Suffixes): { routes: Name; keys: Name } {
  const identifier = parseIdentifierUri(identifierUri);
  if (identifier.type === 'tel') {
    const node = nodeOf(identifier.value, suffixes.tel);
    return { routes: node, keys: node.prepend('_smimecert') };
  }
  const { routes, smimea } = hashedNode(identifier, suffixes.apex);
  return { routes, keys: smimea };
}
