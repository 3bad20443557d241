import { freePort } from './ports.js';
import { SetupError } from './setup-error.js';

/** `dns`, `dot`, `doh` and `health` are the first of several: one for each lookup, one health port for each service. */
export type PortName = 'api' | 'sandbox' | 'dns' | 'dot' | 'doh' | 'nats' | 'redis' | 'postgres' | 'health';

const defaults: Readonly<Record<PortName, number>> = {
  api: 14443,
  sandbox: 14480,
  dns: 14053,
  dot: 14853,
  doh: 14453,
  nats: 14222,
  redis: 16379,
  postgres: 15432,
  health: 14100,
};

export const portVariable = (name: PortName): string => `CALLBOOK_LOCAL_PORT_${name.toUpperCase()}`;

/** Hands out one port after the other for a name. */
export type PortSource = (name: PortName) => Promise<number>;

/** Each call takes another free port. */
export const freePorts: PortSource = freePort;

/**
 * The defaults, moved by CALLBOOK_LOCAL_PORT_API and so on; a second call for a name gives the next higher port.
 * @throws SetupError PORT_INVALID
 */
export function fixedPorts(env: NodeJS.ProcessEnv): PortSource {
  const next = new Map<PortName, number>();
  for (const name of Object.keys(defaults) as PortName[]) {
    const text = env[portVariable(name)] ?? String(defaults[name]);
    if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_000) {
      throw new SetupError('PORT_INVALID', `${portVariable(name)}=${text} is not a port`, 'a number from 1 to 65000');
    }
    next.set(name, Number(text));
  }
  return async (name) => {
    const port = next.get(name) ?? defaults[name];
    next.set(name, port + 1);
    return port;
  };
}
