import { z } from 'zod';
import { Problem, problemOf, CallbookError, statusOf, type ErrorCode } from './errors.js';
import { api, envelopeErrors, type Endpoint } from './http.js';
import { FlattenedJws } from './values.js';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the write plane, made from the same table that the gateway serves. */
export function openApiDocument(server: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, endpoint] of Object.entries(api) as [string, Endpoint][]) {
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = operation(name, endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Callbook',
      version: '1',
      description:
        'The write plane. Every POST body is a flattened JWS (RFC 7515 §7.2.2) with `alg`, `nonce`, `url` and `jwk` or `kid` in its protected header, as in RFC 8555 §6; the schemas below named `…` under `x-payload` are those of its payload. Errors are RFC 9457 problem documents.',
    },
    servers: [{ url: server }],
    paths,
    components: { schemas: components() },
  };
}

function operation(name: string, endpoint: Endpoint): Json {
  const signed = endpoint.signedBy === 'jwk' || endpoint.signedBy === 'kid';
  const errors = [...new Set<ErrorCode>([...(signed ? envelopeErrors : []), ...endpoint.errors])];
  const done = {
    ...(signed && { headers: nonceHeader }),
    ...(endpoint.reply !== 'empty' && { content: { 'application/json': { schema: jsonSchema(endpoint.reply) } } }),
  };
  return {
    operationId: name,
    summary: endpoint.summary,
    ...(endpoint.parameters && {
      parameters: Object.entries(endpoint.parameters).map(([variable, schema]) => ({
        name: variable,
        in: 'path',
        required: true,
        schema: jsonSchema(schema),
      })),
    }),
    ...(signed && {
      requestBody: { required: true, content: { 'application/jose+json': { schema: jsonSchema(FlattenedJws) } } },
      'x-signed-by': endpoint.signedBy,
      'x-payload': endpoint.payload === 'none' ? 'empty (POST-as-GET)' : jsonSchema(endpoint.payload, 'input'),
    }),
    responses: {
      [endpoint.status]: { description: 'done', ...done },
      ...(endpoint.unchangedStatus && { [endpoint.unchangedStatus]: { description: 'it was there already', ...done } }),
      ...problems(errors),
    },
  };
}

const nonceHeader = {
  'Replay-Nonce': { description: 'A nonce for the next request, RFC 8555 §6.5', schema: { type: 'string' } },
};

function problems(codes: readonly ErrorCode[]): Json {
  const statuses = [...new Set([...codes.map(statusOf), 500])].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description:
          codes
            .filter((code) => statusOf(code) === status)
            .map((code) => problemOf(new CallbookError(code, '')).type)
            .join(', ') || 'internal error',
        content: { 'application/problem+json': { schema: jsonSchema(Problem) } },
      },
    ]),
  );
}

/** Schemas with an `id` are written once, under `components`, and referred to from everywhere else. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
  const id = z.globalRegistry.get(schema)?.id;
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
  return inline(schema, io);
}

function inline(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
    reused: 'inline',
  }) as Json;
  return json;
}

function components(): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _dialect, $id: _id, ...json } = schema as Json;
      return [id, json];
    }),
  );
}
