import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { send } from './answering.js';
import { Misbehaviour } from './behaviour.js';
import type { Account } from './credentials.js';
import { reasonsOf, serveInbox } from './inbox-api.js';
import { Phones } from './phones.js';
import { Postman, type RetryPlan } from './postman.js';
import { invalidJson, invalidParameters, platformError, type Answer } from './problems.js';
import { serveProvider } from './provider-api.js';
import { sandboxAt, type PhoneNetwork } from './sandbox-client.js';

export interface SandboxOptions extends Account {
  /** 0, or none: any free one. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly signatureSecret: string;
  /** Where delivery receipts go, unless a message names its own `webhook_url`. */
  readonly webhookUrl?: string | undefined;
  /** PEM of the authority that certifies an HTTPS receiver of receipts. */
  readonly ca?: string | undefined;
  /** Of receipts that were not answered with 2xx. */
  readonly retry?: RetryPlan | undefined;
  readonly clock?: (() => number) | undefined;
  readonly newId?: (() => string) | undefined;
}

export interface Sandbox extends PhoneNetwork {
  /** Ends every wait, forgets every receipt under way and closes every connection. */
  stop(): Promise<void>;
}

const patient: RetryPlan = { firstMs: 250, longestMs: 10_000, attempts: 30 };

/** Starts a phone network of which nothing leaves this process, except receipts. Errors: those of listening, such as EADDRINUSE. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', clock = Date.now, newId = randomUUID, retry = patient } = options;
  const stopping = new AbortController();
  const phones = new Phones();
  const misbehaviour = new Misbehaviour();
  const postman = new Postman({ signer: options, misbehaviour, retry, clock, ca: options.ca });

  const app = Fastify({ logger: false, bodyLimit: 64 * 1_024, forceCloseConnections: true });
  answerErrorsAsProblems(app);
  serveProvider(app, { account: options, phones, misbehaviour, postman, clock, newId, webhookUrl: options.webhookUrl });
  serveInbox(app, { phones, misbehaviour, stopping: stopping.signal });
  const url = await app.listen({ port, host });

  return {
    ...sandboxAt(url),
    stop: async () => {
      stopping.abort();
      postman.stop();
      await app.close();
    },
  };
}

function answerErrorsAsProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, _, reply) => send(reply, answerTo(error)));
  app.setNotFoundHandler((_, reply) => send(reply, { status: 404, body: { title: 'Not found' } }));
}

function answerTo(error: FastifyError | z.ZodError): Answer {
  if (error instanceof z.ZodError) return invalidParameters(reasonsOf(error));
  const status = error.statusCode ?? 500;
  if (status >= 500) return platformError(500);
  return { ...invalidJson(), status };
}
