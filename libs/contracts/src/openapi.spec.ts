import { describe, expect, it } from 'vitest';
import { api, pathOf } from './http.js';
import { openApiDocument } from './openapi.js';

const document = openApiDocument('https://api.callbook.example');
const paths = document['paths'] as Record<
  string,
  Record<string, { responses: Record<string, unknown>; requestBody?: unknown }>
>;

describe('the OpenAPI document', () => {
  it('has every endpoint of the API, and no other', () => {
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(
      Object.values(api)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    );
  });

  it('resolves every reference', () => {
    const schemas = (document['components'] as { schemas: Record<string, unknown> }).schemas;
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name!,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const name of references) expect(schemas, name).toHaveProperty(name);
  });

  it('declares a problem for each status that an error of the endpoint has', () => {
    expect(Object.keys(paths['/v1/bindings/{identifier}']!['post']!.responses)).toEqual([
      '200',
      '400',
      '403',
      '404',
      '409',
      '413',
      '415',
      '500',
      '503',
    ]);
  });

  it('asks for a JWS wherever a key signs', () => {
    for (const { method, path, signedBy } of Object.values(api)) {
      expect(paths[path]![method.toLowerCase()]!.requestBody !== undefined, path).toBe(
        signedBy === 'jwk' || signedBy === 'kid',
      );
    }
  });
});

describe('a URL path', () => {
  it('has its variables percent-encoded', () => {
    expect(pathOf('binding', { identifier: 'tel:+447700900123' })).toBe('/v1/bindings/tel%3A%2B447700900123');
  });
  it('is not made without its variables', () => {
    expect(() => pathOf('binding')).toThrow(TypeError);
  });
});
