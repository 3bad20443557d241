import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { StreamLimits } from './connections.js';
import { Conversation, type ConversationDeps } from './conversation.js';
import { streamListener, type ListenAddress, type StreamTransport } from './listener.js';
import type { TlsIdentity } from './tls-identity.js';

/** DNS over TLS, RFC 7858. Zone transfers take TLS 1.3 (RFC 9103 §8.1): `StreamSession` says which it is. */
export const tlsTransport = (
  address: ListenAddress,
  deps: ConversationDeps & { readonly identity: TlsIdentity },
  limits: StreamLimits,
): StreamTransport =>
  streamListener(address, 'tls', limits, (socket, connection, client) => {
    secured(socket, deps.identity, ['dot'], (secure) => {
      new Conversation(secure, connection, client, deps, secure.getProtocol() ?? '');
    });
  });

/** Speaks TLS on a connection, whose time to ask something whole has begun already: a client that says hello slowly is idle. */
export function secured(
  socket: Socket,
  identity: TlsIdentity,
  protocols: readonly string[],
  ready: (secure: TLSSocket) => void,
): void {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: identity.context(),
    ALPNProtocols: [...protocols],
  });
  const gone = () => secure.destroy();
  secure.on('error', gone);
  // A client that is gone before the handshake is over, in good order or by a reset, has no half of a connection to keep open.
  secure.on('end', gone);
  secure.once('secure', () => {
    secure.off('end', gone);
    ready(secure);
  });
}
