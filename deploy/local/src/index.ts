export { unpackDebianPackages, type Unpacked, type UnpackOptions } from './debian-packages.js';
export { SetupError, type SetupErrorCode } from './setup-error.js';
export { startServers, defaultServerPorts, type Servers, type ServersOptions } from './servers.js';
export type { ServerName } from './server-programs.js';
export type { NatsPermissions } from './nats.js';
export { DATABASE } from './postgres.js';
export { check, deploy, develop, type Database } from './migrate.js';
export { MigrationError } from './schema-engine.js';
export { freePort } from './ports.js';
