import {
  CallbookError,
  callbookError,
  errorFromReply,
  ErrorReply,
  errorReply,
  rpcSubject,
  type ClientOf,
  type HandlersOf,
  type MethodsOf,
  type Rpc,
  type Service,
} from '@callbook/contracts';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import {
  NoRespondersError,
  RequestError,
  TimeoutError,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import type { Histogram } from 'prom-client';
import { z } from 'zod';
import { errorFields, type Log } from './log.js';
import type { Metrics } from './metrics.js';

const Reply = z.union([z.object({ ok: z.unknown() }).strict(), z.object({ error: ErrorReply }).strict()]);

/** More requests than this at once are told to come back, so that a burst cannot fill the memory. */
const maximumInFlight = 512;

type Handler = (request: unknown) => Promise<unknown>;

/**
 * A Nest transport that serves one contract over core NATS: the table of handlers is the whole routing. Requests and replies are JSON;
 * a request that its schema refuses never reaches a handler. Replicas share the load through a queue group.
 */
export class NatsRpcServer<S extends Service> extends Server implements CustomTransportStrategy {
  private readonly duration: Histogram<'method' | 'code'>;
  private subscription?: Subscription;
  private inFlight = 0;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly contract: S,
    handlers: HandlersOf<S>,
    private readonly deps: { readonly nats: NatsConnection; readonly log: Log; readonly metrics: Metrics },
  ) {
    super();
    for (const [method, definition] of Object.entries(contract.methods)) {
      const handle = handlers[method as keyof MethodsOf<S>] as Handler;
      this.addHandler(method, async (data: unknown) => handle(parseRequest(definition, data)));
    }
    this.duration = durationOf(deps.metrics);
  }

  listen(callback: () => void): void {
    const subject = rpcSubject(this.contract.name, '>');
    const prefix = rpcSubject(this.contract.name, '');
    this.subscription = this.deps.nats.subscribe(subject, {
      queue: this.contract.name,
      callback: (error, message) => {
        if (!error) void this.answer(message.subject.slice(prefix.length), message);
      },
    });
    callback();
  }

  /** Takes no more requests, and waits for those under way. */
  async close(): Promise<void> {
    await this.subscription?.drain();
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  override on(): void {}

  override unwrap<T>(): T {
    return this.deps.nats as T;
  }

  private async answer(method: string, message: Msg): Promise<void> {
    const handler = this.getHandlerByPattern(method);
    if (!handler)
      return void message.respond(
        JSON.stringify({ error: errorReply(new CallbookError('NOT_FOUND', 'no such method')) }),
      );
    const stop = this.duration.startTimer({ method });
    if (this.inFlight >= maximumInFlight) {
      stop({ code: 'UNAVAILABLE' });
      return void message.respond(
        JSON.stringify({
          error: errorReply(
            new CallbookError('UNAVAILABLE', 'too many requests at once', { retry: 'later', retryAfter: 1 }),
          ),
        }),
      );
    }
    this.inFlight += 1;
    let code = 'ok';
    try {
      const reply: unknown = await handler(message.json());
      message.respond(JSON.stringify({ ok: reply }));
    } catch (thrown) {
      const error = callbookError(thrown);
      code = error.code;
      if (code === 'INTERNAL') this.deps.log.error('rpc.failed', { method, ...errorFields(thrown) });
      message.respond(JSON.stringify({ error: errorReply(error) }));
    } finally {
      stop({ code });
      this.inFlight -= 1;
      if (this.inFlight === 0) for (const resolve of this.idle.splice(0)) resolve();
    }
  }
}

/** One for each process, however often it begins to serve. */
const durations = new WeakMap<Metrics, Histogram<'method' | 'code'>>();

function durationOf(metrics: Metrics): Histogram<'method' | 'code'> {
  const known = durations.get(metrics);
  if (known) return known;
  const made = metrics.seconds('rpc_seconds', 'Time to answer a request over NATS', ['method', 'code']);
  durations.set(metrics, made);
  return made;
}

function parseRequest(definition: Rpc, data: unknown): unknown {
  const parsed = definition.request.safeParse(data);
  if (!parsed.success)
    throw new CallbookError('REQUEST_MALFORMED', z.prettifyError(parsed.error), { cause: parsed.error });
  return parsed.data;
}

/**
 * Functions that call a service. Errors: those of the method; UNAVAILABLE (retry later) when nobody answers in time, which leaves open
 * whether the request took effect.
 */
export function clientOf<S extends Service>(contract: S, nats: NatsConnection): ClientOf<S> {
  const call = (method: string, definition: Rpc) => async (request: unknown) => {
    const timeout = definition.timeout ?? 5_000;
    const message = await nats
      .request(rpcSubject(contract.name, method), JSON.stringify(request), { timeout })
      .catch((error: unknown) => {
        throw unavailable(contract.name, error);
      });
    const reply = Reply.parse(message.json());
    if ('error' in reply) throw errorFromReply(reply.error);
    return definition.reply.parse(reply.ok);
  };
  return Object.fromEntries(
    Object.entries(contract.methods).map(([method, definition]) => [method, call(method, definition)]),
  ) as ClientOf<S>;
}

function unavailable(service: string, cause: unknown): CallbookError {
  const reason =
    cause instanceof TimeoutError || (cause instanceof RequestError && !(cause.cause instanceof NoRespondersError))
      ? 'did not answer in time'
      : 'cannot be reached';
  return new CallbookError('UNAVAILABLE', `${service} ${reason}`, { retry: 'later', retryAfter: 1, cause });
}
