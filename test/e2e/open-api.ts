import type { Fetch } from '@callbook/sdk';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';

/** One request that a client made, and what it was answered. */
export interface Exchanged {
  readonly method: string;
  readonly path: string;
  readonly requestBody: string | undefined;
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: string;
}

/** A fetch that writes down all that passes through it. */
export const observed =
  (seen: Exchanged[]) =>
  (fetch: Fetch): Fetch =>
  async (url, init = {}) => {
    const response = await fetch(url, init);
    const body = await response.text();
    const { headers, status } = response;
    seen.push({
      method: init.method ?? 'GET',
      path: new URL(url).pathname,
      requestBody: init.body,
      status,
      header: (name) => headers.get(name),
      body,
    });
    return { status, headers, text: () => Promise.resolve(body) };
  };

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Where an exchange does not keep to an OpenAPI document; undefined when it does. */
export function contractOf(document: Document): (exchanged: Exchanged) => string | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formatsModule as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(document, 'openapi');
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (...pointer: string[]) => {
    const ref = `openapi#/${pointer.map(escaped).join('/')}`;
    const validator = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, validator);
    return validator;
  };
  const templates = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`),
  }));

  return ({ method, path, status, header, body }) => {
    const where = `${method} ${path} ${status}`;
    const template = templates.find(({ pattern }) => pattern.test(path))?.template;
    const operation = template === undefined ? undefined : document.paths[template]![method.toLowerCase()];
    const type = header('content-type')?.replace(/;.*/, '') ?? '';
    if (template === undefined || !operation) {
      // What the document does not name is refused, in the same form as everything else.
      if (status < 400 || type !== 'application/problem+json') return `${where}: not in the document`;
      return complaint(where, validatorAt('components', 'schemas', 'Problem'), JSON.parse(body));
    }
    const response = operation.responses[status];
    if (!response) return `${where}: a status that is not declared`;
    if (!response.content) return body === '' ? undefined : `${where}: a body that is not declared`;
    if (!(type in response.content)) return `${where}: content type ${type || 'none'} is not declared`;
    const pointer = ['paths', template, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
    return complaint(where, validatorAt(...pointer), JSON.parse(body));
  };
}

const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

const complaint = (where: string, validator: ValidateFunction, value: unknown) =>
  validator(value)
    ? undefined
    : `${where}: ${validator.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')}`;
