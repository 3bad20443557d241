import { count, duration, list, port, processSettings, secretKey } from '@callbook/process';
import { z } from 'zod';

export const GatewayConfig = z
  .strictObject({
    ...processSettings,
    /** Address on which HTTPS is served. */
    listenHost: z.string().default('127.0.0.1'),
    listenPort: port(),
    /** The origin under which clients know this directory, as in `https://api.callbook.example`: it is part of every signature. */
    publicUrl: z.url({ protocol: /^https$/ }).transform((url) => url.replace(/\/+$/, '')),
    /** Name of the directory: the zone's apex without the final dot. */
    directoryName: z.string().min(1),
    /** PEM files; without them a certificate is made and kept in `tlsDirectory`. */
    tlsCertificate: z.string().optional(),
    tlsKey: z.string().optional(),
    tlsDirectory: z.string().optional(),
    /** Key that authenticates nonces; the same for all gateways of a directory. */
    nonceKey: secretKey(),
    nonceLifetime: duration().default(600_000),
    /** DNS addresses `host:port` of the look-up replicas that `Prefer: wait` waits for; a name stands for all of its addresses. */
    replicas: list().default([]),
    /** Largest request body in octets. */
    bodyLimit: count(1_024, 1_048_576).default(65_536),
  })
  .refine(
    ({ tlsCertificate, tlsKey }) => (tlsCertificate === undefined) === (tlsKey === undefined),
    'CALLBOOK_TLS_CERTIFICATE and CALLBOOK_TLS_KEY go together',
  )
  .refine(
    ({ tlsCertificate, tlsDirectory }) => tlsCertificate !== undefined || tlsDirectory !== undefined,
    'CALLBOOK_TLS_CERTIFICATE or CALLBOOK_TLS_DIRECTORY is needed',
  );
export type GatewayConfig = z.output<typeof GatewayConfig>;
