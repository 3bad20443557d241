import { processSettings, secretKey } from '@callbook/process';
import { z } from 'zod';

export const RecordsConfig = z.strictObject({
  ...processSettings,
  /** PostgreSQL, with the schema of this service: `postgresql://records:…@host:5432/callbook?schema=records`. */
  databaseUrl: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Seals the countersigning key at rest: 32 octets, base64url. */
  keyEncryptionKey: secretKey(),
  /** Name of the directory, as attestations and countersignatures say it: the zone apex without final dot, in lower case. */
  directoryName: z
    .string()
    .max(253)
    .regex(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/, 'is not a domain name in lower case without final dot'),
});
