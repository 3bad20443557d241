import { bindingsStream, inboxPrefix, type BindingContent, type ServiceName } from '@callbook/contracts';
import { createLog, createMetrics, managerOf } from '@callbook/process';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { RecordsServers } from './servers.js';

/** A connection with the permissions that this service has. */
export const connectAs = (servers: RecordsServers, user: ServiceName): Promise<NatsConnection> =>
  connect({
    servers: servers.nats.url,
    user,
    pass: servers.nats.password(user),
    inboxPrefix: inboxPrefix(user),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  });

/** A connection that may do everything. */
export const connectAsAll = (servers: RecordsServers): Promise<NatsConnection> =>
  connect({
    servers: servers.nats.url,
    user: 'all',
    pass: servers.nats.password('all'),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  });

export interface StoredEvent {
  readonly place: number;
  readonly messageId: string;
  readonly content: BindingContent;
}

/** All that the stream holds, in order. */
export async function eventsIn(nats: NatsConnection): Promise<StoredEvent[]> {
  const { streams } = await managerOf(nats);
  const { state } = await streams.info(bindingsStream.name);
  const events: StoredEvent[] = [];
  for (let place = Math.max(1, state.first_seq); place <= state.last_seq; place += 1) {
    const message = await streams.getMessage(bindingsStream.name, { seq: place });
    if (message)
      events.push({ place, messageId: message.header.get('Nats-Msg-Id'), content: message.json<BindingContent>() });
  }
  return events;
}

export const quiet = () => ({ log: createLog('records', 'silent'), metrics: createMetrics('records') });
