import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';

/** A thing without which the process is not ready; false or a throw means it is missing. */
export type Check = () => boolean | Promise<boolean>;

export interface Health {
  readonly port: number;
  require(name: string, check: Check): void;
  stop(): Promise<void>;
}

/**
 * `/healthz` (the process lives: never depends on others), `/readyz` (200, or 503 with the names of what is missing) and `/metrics`
 * (Prometheus text), on a port that only the cluster reaches.
 */
export async function startHealth(address: { host: string; port: number }, metrics: Metrics): Promise<Health> {
  const checks = new Map<string, Check>();
  const missing = async () => {
    const results = await Promise.all(
      [...checks].map(async ([name, check]) => ({
        name,
        ok: await Promise.resolve()
          .then(check)
          .catch(() => false),
      })),
    );
    return results.filter(({ ok }) => !ok).map(({ name }) => name);
  };
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      const answer = (status: number, type: string, body: string) =>
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      const json = (status: number, body: object) => answer(status, 'application/json', JSON.stringify(body));
      request.resume();
      const paths: Record<string, () => void> = {
        '/healthz': () => json(200, { alive: true }),
        '/readyz': () =>
          void missing().then((names) =>
            json(names.length === 0 ? 200 : 503, { ready: names.length === 0, missing: names }),
          ),
        '/metrics': () =>
          void metrics.read().then(
            (text) => answer(200, metrics.registry.contentType, text),
            () => answer(500, 'text/plain', ''),
          ),
      };
      const serve =
        request.method === 'GET' && Object.hasOwn(paths, request.url ?? '') ? paths[request.url!] : undefined;
      if (serve) serve();
      else json(404, {});
    },
  );
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(address.port, address.host, resolve),
  );
  return {
    port: (server.address() as AddressInfo).port,
    require: (name, check) => void checks.set(name, check),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
