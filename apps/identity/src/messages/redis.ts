import { CallbookError } from '@callbook/contracts';
import { errorFields, type Log } from '@callbook/process';
import { Redis } from 'ioredis';

/**
 * A connection that comes back by itself. `patient` is for the worker: commands wait until Redis is there. The other is for adding jobs:
 * a command fails at once, since the sweeper does it over.
 */
export function openRedis(url: string, kind: 'patient' | 'hasty', log: Log): Redis {
  const redis = new Redis(url, {
    connectionName: `callbook-identity-${kind}`,
    maxRetriesPerRequest: kind === 'patient' ? null : 0,
    enableOfflineQueue: kind === 'patient',
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  });
  let told = false;
  redis.on('error', (error) => {
    if (!told) log.warn('redis.unreachable', { connection: kind, ...errorFields(error) });
    told = true;
  });
  redis.on('ready', () => {
    told = false;
  });
  return redis;
}

/** Resolves when it is connected. Errors: UNAVAILABLE after `timeout` milliseconds. */
export async function connected(redis: Redis, timeout = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new CallbookError('UNAVAILABLE', 'Redis cannot be reached', { retry: 'later' }));
    }, timeout);
    const ready = () => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', ready);
  });
}

/** Any other policy would let Redis throw jobs away when its memory is full. INFO is allowed where CONFIG often is not. */
export async function requireNoEviction(redis: Redis, log: Log): Promise<void> {
  const policy = evictionPolicy(await redis.info('memory'));
  if (policy === 'noeviction') return;
  log.error('redis.would_lose_jobs', { policy, needed: 'noeviction' });
  throw new Error('Redis needs maxmemory-policy noeviction');
}

export const evictionPolicy = (info: string): string => /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'unknown';
