import { readFileSync } from 'node:fs';
import { z } from 'zod';

const prefix = 'CALLBOOK_SANDBOX_';

/** Settings of the sandbox as a process, from the environment: `apiKey` is `CALLBOOK_SANDBOX_API_KEY`. */
export const Settings = z
  .strictObject({
    /** Address to listen on. Whoever reaches it reads every message, so that it is this machine alone unless said otherwise. */
    host: z.string().min(1).default('127.0.0.1'),
    port: z
      .string()
      .regex(/^\d{1,5}$/, 'is not a port')
      .transform(Number)
      .refine((port) => port < 65_536, 'is not a port'),
    /** Of the account that may send. */
    apiKey: z.string().min(1),
    apiSecret: z.string().min(1),
    /** Application that may send with a JWT; with `publicKey`. */
    applicationId: z.string().min(1).optional(),
    /** PEM, RSA. */
    publicKey: z.string().includes('BEGIN PUBLIC KEY', { message: 'is not a public key in PEM' }).optional(),
    /** Signs delivery receipts. */
    signatureSecret: z.string().min(16, 'is shorter than 16 characters'),
    /** Where delivery receipts go, unless a message says otherwise. */
    webhookUrl: z.url({ protocol: /^https?$/, error: 'is not an http or https URL' }).optional(),
    /** PEM of the authority that certifies the receiver of receipts. */
    ca: z.string().includes('BEGIN CERTIFICATE', { message: 'is not a certificate in PEM' }).optional(),
  })
  .refine((settings) => (settings.applicationId === undefined) === (settings.publicKey === undefined), {
    path: ['applicationId'],
    message: 'needs a public key, and the other way round',
  });
export type Settings = z.output<typeof Settings>;

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** `CALLBOOK_SANDBOX_X_FILE` names a file that holds X. Errors: SettingsError, naming every variable that is wrong and no value. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const values = Object.fromEntries(
    Object.entries(env)
      .filter(([variable, value]) => variable.startsWith(prefix) && value !== undefined)
      .map(([variable, value]) => {
        const isFile = variable.endsWith('_FILE');
        return [
          keyOf(isFile ? variable.slice(0, -'_FILE'.length) : variable),
          isFile ? contents(variable, value!) : value,
        ];
      }),
  );
  const parsed = Settings.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.flatMap(wrongs).join('\n'));
}

const keyOf = (variable: string) =>
  variable
    .slice(prefix.length)
    .toLowerCase()
    .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const variableOf = (key: string) => prefix + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

function contents(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new SettingsError(`${variable}: its file cannot be read`, { cause });
  }
}

const wrongs = (issue: z.core.$ZodIssue): string[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `${variableOf(key)}: no such setting`)
    : [`${variableOf(String(issue.path[0]))}: ${issue.message}`];
