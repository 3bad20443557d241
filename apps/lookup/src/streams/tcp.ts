import type { StreamLimits } from './connections.js';
import { Conversation, type ConversationDeps } from './conversation.js';
import { streamListener, type ListenAddress, type StreamTransport } from './listener.js';

/** DNS over TCP, RFC 7766. */
export const tcpTransport = (address: ListenAddress, deps: ConversationDeps, limits: StreamLimits): StreamTransport =>
  streamListener(address, 'tcp', limits, (socket, connection, client) => {
    new Conversation(socket, connection, client, deps);
  });
