import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Variables with this prefix are ours: one that no schema knows is an error, so that a misspelt setting cannot pass unseen. */
const prefix = 'CALLBOOK_';
const fileSuffix = '_FILE';

/** `signatureValidity` is read from `CALLBOOK_SIGNATURE_VALIDITY`. */
export const variableOf = (key: string) => prefix + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const keyOf = (variable: string) =>
  variable
    .slice(prefix.length)
    .toLowerCase()
    .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a process's configuration from the environment, whole and strictly. `CALLBOOK_X_FILE` names a file that holds `CALLBOOK_X`, for
 * secrets that a cluster mounts. Errors: ConfigError, listing every variable that is wrong, and no value.
 */
export function readConfig<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const values: Record<string, string> = {};
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || value === undefined) continue;
    if (variable.endsWith(fileSuffix))
      values[keyOf(variable.slice(0, -fileSuffix.length))] = readSecret(variable, value);
    else values[keyOf(variable)] = value;
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map(describe).join('\n'));
}

function readSecret(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`${variable}: its file cannot be read`, { cause });
  }
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${variableOf(key)}: no such setting`).join('\n');
  const key = issue.path[0];
  return key === undefined ? issue.message : `${variableOf(String(key))}: ${issue.message}`;
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time such as `500ms`, `30s`, `10m`, `12h` or `14d`; milliseconds inside. */
export const duration = () =>
  z
    .string()
    .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'is not a duration such as 30s, 10m, 12h or 14d')
    .transform((text) => {
      const unit = text.replace(/^\d+/, '') as keyof typeof units;
      return Number.parseInt(text, 10) * units[unit];
    });

/** 32 octets, base64url: a key-encryption key. */
export const secretKey = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'is not 32 octets in base64url')
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64url')));

export const port = () =>
  z
    .string()
    .regex(/^\d{1,5}$/, 'is not a port')
    .transform(Number)
    .refine((number) => number > 0 && number < 65_536, 'is not a port');

export const count = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'is not a whole number')
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum, `is not between ${minimum} and ${maximum}`);

/** Comma-separated list. */
export const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  );

export const flag = () => z.enum(['true', 'false']).transform((text) => text === 'true');

/** What every process needs; an app's schema is `z.strictObject({ ...processSettings, … })`. */
export const processSettings = {
  /** NATS server, as in `nats://127.0.0.1:4222`. */
  natsUrl: z.url({ protocol: /^(nats|tls)$/ }),
  natsUser: z.string().min(1),
  natsPassword: z.string().min(1),
  /** Where `/healthz`, `/readyz` and `/metrics` are served. */
  healthHost: z.string().default('127.0.0.1'),
  healthPort: port(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
};

export interface ProcessSettings {
  readonly natsUrl: string;
  readonly natsUser: string;
  readonly natsPassword: string;
  readonly healthHost: string;
  readonly healthPort: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}
