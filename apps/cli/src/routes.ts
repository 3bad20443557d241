import type { Content } from '@callbook/sdk';

export interface RouteOptions {
  readonly sip?: string[];
  readonly email?: string[];
  readonly web?: string[];
  readonly xmpp?: string[];
}

const services = [
  ['sip', 'E2U+sip', (uri: string) => uri],
  ['email', 'E2U+email:mailto', (uri: string) => (uri.startsWith('mailto:') ? uri : `mailto:${uri}`)],
  ['web', 'E2U+web:https', (uri: string) => uri],
  ['xmpp', 'E2U+xmpp', (uri: string) => (uri.startsWith('xmpp:') ? uri : `xmpp:${uri}`)],
] as const;

/** Routes in the order of their kinds above, each later one less preferred (RFC 6116 §3.2). */
export function routesOf(options: RouteOptions): Content['routes'] {
  return services
    .flatMap(([option, service, uriOf]) => (options[option] ?? []).map((value) => ({ service, uri: uriOf(value) })))
    .map((route, index) => ({ ...route, order: 100, preference: (index + 1) * 10 }));
}
