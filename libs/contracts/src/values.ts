import { identifierUri, parseIdentifierUri, type Identifier } from '@callbook/enum';
import { z } from 'zod';

/** Base64url without padding, RFC 4648 §5. */
export const base64url = (maximum = 65_536) =>
  z
    .string()
    .max(maximum)
    .regex(/^[A-Za-z0-9_-]+$/, 'is not base64url');

/** RFC 7638 thumbprint (SHA-256, base64url) of the account's key. */
export const AccountId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'is not a key thumbprint')
  .meta({ id: 'AccountId', description: 'RFC 7638 SHA-256 thumbprint of the account key' });
export type AccountId = z.infer<typeof AccountId>;

export const Timestamp = z.iso
  .datetime({ offset: false, precision: undefined })
  .meta({ id: 'Timestamp', description: 'RFC 3339 time in UTC' });

/** `tel:`, `mailto:` or `sip:` URI in its one canonical spelling; what is not canonical is refused, never repaired. */
export const IdentifierUri = z
  .string()
  .max(320)
  .refine((text) => {
    try {
      return identifierUri(parseIdentifierUri(text)) === text;
    } catch {
      return false;
    }
  }, 'is not a canonical tel:, mailto: or sip: URI')
  .meta({
    id: 'IdentifierUri',
    description: 'tel: URI in E.164, or a mailto: or sip: URI',
    examples: ['tel:+447700900123'],
  });

/** An identifier as the client spells it; `parseIdentifierUri` decides. */
export const IdentifierInput = z
  .object({ type: z.enum(['tel', 'mailto', 'sip']), value: z.string().min(1).max(320) })
  .strict()
  .meta({ id: 'Identifier', examples: [{ type: 'tel', value: '+447700900123' }] });
export type IdentifierInput = z.infer<typeof IdentifierInput>;

/** The identifier that a client's input names. Errors: those of `parseIdentifierUri`. */
export const identifierOf = (input: IdentifierInput): Identifier => parseIdentifierUri(`${input.type}:${input.value}`);

/** A public key as a JWK (RFC 7517); `libs/keys` decides whether it is one that we take. */
export const PublicJwk = z
  .looseObject({ kty: z.enum(['OKP', 'EC', 'RSA']) })
  .meta({ id: 'PublicJwk', description: 'Ed25519, X25519, P-256 or RSA public key, RFC 7517' });
export type PublicJwk = z.infer<typeof PublicJwk>;

/** Flattened JWS with a protected header only, RFC 7515 §7.2.2 and RFC 8555 §6.2. */
export const FlattenedJws = z
  .object({
    protected: base64url(8_192),
    payload: z
      .string()
      .max(65_536)
      .regex(/^[A-Za-z0-9_-]*$/),
    signature: base64url(2_048),
  })
  .strict()
  .meta({ id: 'FlattenedJws', description: 'Flattened JWS, protected header only (RFC 8555 §6.2)' });
export type FlattenedJws = z.infer<typeof FlattenedJws>;

/** Compact JWS, RFC 7515 §7.1. */
export const CompactJws = z
  .string()
  .max(16_384)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'is not a compact JWS')
  .meta({ id: 'CompactJws', description: 'Compact JWS, RFC 7515 §7.1' });

export const Jwks = z.object({ keys: z.array(PublicJwk) }).meta({ id: 'Jwks', description: 'RFC 7517 §5 key set' });
export type Jwks = z.infer<typeof Jwks>;

export const Nothing = z.object({}).strict();
