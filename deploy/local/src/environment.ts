import path from 'node:path';
import type { Secrets } from './secrets.js';

export const ZONE = 'callbook.example.';

/** What the services of one Callbook are told about each other. */
export interface Surroundings {
  readonly dir: string;
  readonly secrets: Secrets;
  readonly nats: { readonly url: string; password(user: string): string };
  readonly redis: { readonly url: string };
  readonly postgres: { url(role: string): string };
  readonly ports: {
    readonly api: number;
    readonly sandbox: number;
    /** One of each for each lookup. */
    readonly dns: readonly number[];
    readonly dot: readonly number[];
    readonly doh: readonly number[];
  };
}

export type AppName = 'gateway' | 'identity' | 'records' | 'signer' | 'lookup';
type Settings = Record<string, string>;

/** The one place that knows which settings each service needs on this machine. `replica` counts from 0. */
export function environmentOf(app: AppName, surroundings: Surroundings, healthPort: number, replica = 0): Settings {
  const { nats } = surroundings;
  return {
    CALLBOOK_NATS_URL: nats.url,
    CALLBOOK_NATS_USER: app,
    CALLBOOK_NATS_PASSWORD: nats.password(app),
    CALLBOOK_HEALTH_PORT: String(healthPort),
    ...perApp[app](surroundings, replica),
  };
}

const directoryName = ZONE.replace(/\.$/, '');
const key = (secrets: Secrets, name: string): string => secrets.of(name, 32);

const perApp: Record<AppName, (surroundings: Surroundings, replica: number) => Settings> = {
  gateway: ({ dir, secrets, ports }) => ({
    CALLBOOK_LISTEN_PORT: String(ports.api),
    CALLBOOK_PUBLIC_URL: `https://127.0.0.1:${ports.api}`,
    CALLBOOK_DIRECTORY_NAME: directoryName,
    CALLBOOK_TLS_DIRECTORY: path.join(dir, 'tls'),
    CALLBOOK_NONCE_KEY: key(secrets, 'gateway.nonces'),
    CALLBOOK_REPLICAS: ports.dns.map((port) => `127.0.0.1:${port}`).join(','),
  }),
  identity: ({ secrets, postgres, redis, ports }) => ({
    CALLBOOK_DATABASE_URL: postgres.url('identity'),
    CALLBOOK_REDIS_URL: redis.url,
    CALLBOOK_KEY_ENCRYPTION_KEY: key(secrets, 'identity.keys'),
    CALLBOOK_DIRECTORY_NAME: directoryName,
    // The same number is verified at every start, and no message costs anything.
    CALLBOOK_VERIFICATIONS_PER_HOUR: '1000',
    CALLBOOK_VONAGE_API_KEY: 'sandbox',
    CALLBOOK_VONAGE_API_SECRET: secrets.of('vonage.api'),
    CALLBOOK_VONAGE_SIGNATURE_SECRET: secrets.of('vonage.signature'),
    CALLBOOK_VONAGE_API_URL: `http://127.0.0.1:${ports.sandbox}`,
    CALLBOOK_VONAGE_SENDER: 'Callbook',
    CALLBOOK_VONAGE_WEBHOOK_URL: `https://127.0.0.1:${ports.api}/hooks/vonage/status`,
  }),
  records: ({ secrets, postgres }) => ({
    CALLBOOK_DATABASE_URL: postgres.url('records'),
    CALLBOOK_KEY_ENCRYPTION_KEY: key(secrets, 'records.keys'),
    CALLBOOK_DIRECTORY_NAME: directoryName,
  }),
  signer: ({ secrets, postgres }) => ({
    CALLBOOK_DATABASE_URL: postgres.url('signer'),
    CALLBOOK_KEY_ENCRYPTION_KEY: key(secrets, 'signer.keys'),
    CALLBOOK_DENIAL_KEY_ENCRYPTION_KEY: key(secrets, 'denial.keys'),
    CALLBOOK_ZONE: ZONE,
    CALLBOOK_NAMESERVERS: `ns1.${ZONE}=127.0.0.1`,
  }),
  lookup: ({ dir, secrets, ports }, replica) => ({
    CALLBOOK_ZONE: ZONE,
    CALLBOOK_DENIAL_KEY_ENCRYPTION_KEY: key(secrets, 'denial.keys'),
    CALLBOOK_DNS_PORT: String(ports.dns[replica]),
    CALLBOOK_DOT_PORT: String(ports.dot[replica]),
    CALLBOOK_DOH_PORT: String(ports.doh[replica]),
    CALLBOOK_TLS_DIRECTORY: path.join(dir, 'tls'),
    CALLBOOK_TRANSFER_ALLOW: '127.0.0.1',
    // A laptop runs all the other services too, and everybody who asks has one address.
    CALLBOOK_WORKERS: '2',
    CALLBOOK_RATE_LIMIT: '100000',
    CALLBOOK_TCP_CONNECTIONS_PER_CLIENT: '1000',
  }),
};

/** The sandbox plays the phone network: Vonage's API, an inbox page, and delivery receipts signed with the account's secret. */
export function sandboxEnvironment({ dir, secrets, ports }: Surroundings): Settings {
  return {
    CALLBOOK_SANDBOX_PORT: String(ports.sandbox),
    CALLBOOK_SANDBOX_API_KEY: 'sandbox',
    CALLBOOK_SANDBOX_API_SECRET: secrets.of('vonage.api'),
    CALLBOOK_SANDBOX_SIGNATURE_SECRET: secrets.of('vonage.signature'),
    CALLBOOK_SANDBOX_CA_FILE: path.join(dir, 'tls/ca.pem'),
  };
}
