import { CallbookError, nonceBucket } from '@callbook/contracts';
import { jetStreamOf } from '@callbook/process';
import { JetStreamApiError, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { SpentNonces } from './nonces.js';

/** The server's answer when a key that is to be created is there already (`wrong last sequence`). */
const alreadyThere = 10_071;

/** Spent nonces in a JetStream key-value bucket: creating a key is atomic over all gateways, and survives a crash of the server. */
export async function natsSpentNonces(nats: NatsConnection, lifetime: number): Promise<SpentNonces> {
  const kvm = new Kvm(jetStreamOf(nats));
  const open = () => kvm.create(nonceBucket.name, { ttl: lifetime * 2, history: 1, storage: StorageType.File });
  let bucket = await open();
  return {
    spend: async (id) => {
      try {
        await bucket.put(id, '', { previousSeq: 0 });
        return true;
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === alreadyThere) return false;
        // The bucket may have gone with the server's disk: the next request finds a new one.
        bucket = await open().catch(() => bucket);
        throw new CallbookError('UNAVAILABLE', 'nonces cannot be checked', {
          retry: 'later',
          retryAfter: 1,
          cause: error,
        });
      }
    },
  };
}
