import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Webhook {
  readonly path: string;
  readonly authorization: string | undefined;
  /** As it came: the signature is over these octets. */
  readonly body: string;
}

/** A server to which receipts are posted; it answers with the next of `answers`, and with 204 when there is none. */
export async function startReceiver(answers: number[] = [], tls?: { key: string; cert: string }) {
  const webhooks: Webhook[] = [];
  const waiting = new Set<() => void>();
  const listener: RequestListener = async (request, response) => {
    const body = await bodyOf(request);
    webhooks.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
    response.writeHead(answers.shift() ?? 204).end();
    for (const wake of waiting) wake();
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}/hooks`,
    webhooks,
    /** The first `count` webhooks, once so many have come. */
    received: (count: number) =>
      new Promise<readonly Webhook[]>((resolve) => {
        const look = () => {
          if (webhooks.length < count) return;
          waiting.delete(look);
          resolve(webhooks.slice(0, count));
        };
        waiting.add(look);
        look();
      }),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
