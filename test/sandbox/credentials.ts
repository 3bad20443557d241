import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, importSPKI, jwtVerify } from 'jose';

/** An account with the provider. */
export interface Account {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** With `publicKeyPem`: an application that may send with a JWT. */
  readonly applicationId?: string | undefined;
  /** SPKI, RSA. */
  readonly publicKeyPem?: string | undefined;
}

/** Vonage takes a token for at most a day, whatever its `exp` says. */
const longestLife = 86_400;
/** Seconds between two clocks. */
const clockTolerance = 5;

/** Whether the header proves the account: Basic with key and secret, or Bearer with a JWT (RS256) of the application. */
export async function isAuthorized(authorization: string | undefined, account: Account): Promise<boolean> {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic':
      return isKeyAndSecret(Buffer.from(value, 'base64').toString('utf8'), account);
    case 'bearer':
      return isTokenOfApplication(value, account);
    default:
      return false;
  }
}

export const isKeyAndSecret = (keyAndSecret: string, account: Account): boolean =>
  sameText(keyAndSecret, `${account.apiKey}:${account.apiSecret}`);

async function isTokenOfApplication(token: string, account: Account): Promise<boolean> {
  if (account.applicationId === undefined || account.publicKeyPem === undefined) return false;
  try {
    const { payload } = await jwtVerify(token, await importSPKI(account.publicKeyPem, 'RS256'), {
      algorithms: ['RS256'],
      requiredClaims: ['iat', 'jti', 'application_id'],
      maxTokenAge: longestLife,
      clockTolerance,
    });
    return payload['application_id'] === account.applicationId;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string) => createHash('sha256').update(text).digest();
