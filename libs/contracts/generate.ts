import { writeFileSync } from 'node:fs';
import { natsPermissions } from './src/nats-permissions.js';

/** What is made from the contracts for others to read: `npm run generate`. */
const permissions = new URL('../../helm/callbook/files/nats-permissions.json', import.meta.url);
writeFileSync(permissions, `${JSON.stringify(natsPermissions(), null, 2)}\n`);
