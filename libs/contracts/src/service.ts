import type { z } from 'zod';

/** Every NATS user. `operator` serves nothing: it is the CLI and the runbooks of the people who run a directory. */
export type ServiceName = 'gateway' | 'identity' | 'records' | 'signer' | 'lookup' | 'operator';

export interface Rpc<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly request: Request;
  readonly reply: Reply;
  /** Who may call. NATS permissions are made from this list. */
  readonly callers: readonly ServiceName[];
  /** Milliseconds until the caller gives up; 5,000 unless said. */
  readonly timeout?: number;
}

export interface Service<Methods extends Record<string, Rpc> = Record<string, Rpc>> {
  readonly name: ServiceName;
  readonly methods: Methods;
}

export const rpc = <Request extends z.ZodType, Reply extends z.ZodType>(definition: Rpc<Request, Reply>) => definition;

export const service = <Methods extends Record<string, Rpc>>(
  name: ServiceName,
  methods: Methods,
): Service<Methods> => ({ name, methods });

/** The subject on which a method is served: the one place that spells it. */
export const rpcSubject = (name: ServiceName, method: string) => `rpc.${name}.${method}`;

export type MethodsOf<S> = S extends Service<infer M> ? M : never;
export type RequestOf<R> = R extends Rpc<infer Request, z.ZodType> ? z.input<Request> : never;
export type ParsedRequestOf<R> = R extends Rpc<infer Request, z.ZodType> ? z.output<Request> : never;
export type ReplyOf<R> = R extends Rpc<z.ZodType, infer Reply> ? z.output<Reply> : never;
export type ReplySentOf<R> = R extends Rpc<z.ZodType, infer Reply> ? z.input<Reply> : never;

/** What a caller holds: one function a method. Ask for the slice you use: `Pick<ClientOf<typeof records>, 'binding.read'>`. */
export type ClientOf<S> = {
  readonly [M in keyof MethodsOf<S>]: (request: RequestOf<MethodsOf<S>[M]>) => Promise<ReplyOf<MethodsOf<S>[M]>>;
};

/** What a service supplies: a handler for every method, or it does not compile. */
export type HandlersOf<S> = {
  readonly [M in keyof MethodsOf<S>]: (
    request: ParsedRequestOf<MethodsOf<S>[M]>,
  ) => Promise<ReplySentOf<MethodsOf<S>[M]>>;
};
