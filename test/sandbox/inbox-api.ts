import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { send } from './answering.js';
import { Behaviour, PhoneNumber, type Misbehaviour } from './behaviour.js';
import { contentSecurityPolicy, inboxPage, inboxScript, inboxStyle } from './inbox-page.js';
import type { Phones } from './phones.js';
import { invalidParameters } from './problems.js';

export interface InboxDeps {
  readonly phones: Phones;
  readonly misbehaviour: Misbehaviour;
  /** Ends every wait. */
  readonly stopping: AbortSignal;
}

const Whole = z
  .string()
  .regex(/^\d{1,15}$/, 'is not a whole number')
  .transform(Number);
const Wait = z.object({
  /** Position of the last message already known. */
  after: Whole.default(0),
  /** Seconds for which an answer without a newer message is held back. */
  wait: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,3})?$/, 'is not a number of seconds')
    .transform(Number)
    .refine((seconds) => seconds <= 60, 'is more than 60')
    .default(0),
});
const OnePhone = z.object({ number: PhoneNumber });

/** What the owners of the phones see, and what the network does wrong: for people and tests, not part of Vonage's API. */
export function serveInbox(app: FastifyInstance, { phones, misbehaviour, stopping }: InboxDeps): void {
  const waited = async (reply: FastifyReply, number: string | undefined, { after, wait }: z.output<typeof Wait>) => {
    if (wait === 0) return;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const timer = setTimeout(() => gone.abort(), wait * 1_000);
    await phones.until(number, after, AbortSignal.any([gone.signal, stopping]));
    clearTimeout(timer);
  };

  app.addHook('onSend', async (_, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  app.get('/', (_, reply) => reply.type('text/html; charset=utf-8').send(inboxPage(phones.all(), phones.position)));
  app.get('/inbox.css', (_, reply) => reply.type('text/css; charset=utf-8').send(inboxStyle));
  app.get('/inbox.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(inboxScript));
  app.get('/readyz', (_, reply) => send(reply, { status: 200, body: { ready: true } }));

  app.get('/phones', async (request, reply) => {
    const query = Wait.parse(request.query);
    await waited(reply, undefined, query);
    const all = phones.all().map(({ number, accepted, messages }) => ({ number, accepted, messages: messages.length }));
    return send(reply, { status: 200, body: { position: phones.position, phones: all } });
  });

  app.get('/phones/:number/messages', async (request, reply) => {
    const { number } = OnePhone.parse(request.params);
    const query = Wait.parse(request.query);
    await waited(reply, number, query);
    const { accepted, messages } = phones.of(number);
    const newer = messages.filter(({ position }) => position > query.after);
    return send(reply, { status: 200, body: { number, accepted, messages: newer } });
  });

  app.delete('/phones/:number/messages', (request, reply) => {
    phones.empty(OnePhone.parse(request.params).number);
    return reply.code(204).send();
  });

  app.get('/behaviour', (_, reply) => send(reply, { status: 200, body: misbehaviour.now }));
  app.put('/behaviour', (request, reply) => {
    const parsed = Behaviour.safeParse(request.body);
    if (!parsed.success) return send(reply, invalidParameters(reasonsOf(parsed.error)));
    misbehaviour.replace(parsed.data);
    return reply.code(204).send();
  });
}

export const reasonsOf = (error: z.ZodError) =>
  error.issues.map((issue) => ({ name: issue.path.join('.') || 'body', reason: issue.message }));
