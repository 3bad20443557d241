import { inboxPrefix, signer, type ClientOf } from '@callbook/contracts';
import type { Servers } from '@callbook/local';
import { clientOf } from '@callbook/process';
import { connect } from '@nats-io/transport-node';

export interface Operator {
  readonly signer: Pick<ClientOf<typeof signer>, 'zone.audit' | 'zone.head' | 'zone.reconcile'>;
  close(): Promise<void>;
}

/** NATS as the people see it who run a directory. */
export async function openOperator({ nats }: Servers): Promise<Operator> {
  const connection = await connect({
    servers: nats.url,
    user: 'operator',
    pass: nats.password('operator'),
    inboxPrefix: inboxPrefix('operator'),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  return { signer: clientOf(signer, connection), close: () => connection.close() };
}
