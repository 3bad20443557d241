import { randomBytes } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

/** PEM: the certificate, those up to the authority behind it, and its key. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** Who this server is in TLS. Connections that stand keep what they began with. */
export interface TlsIdentity {
  context(): SecureContext;
  /** Errors: that of OpenSSL where they do not fit or cannot be read; the ones before stay. */
  use(renewed: CertificateAndKey): void;
}

/** For as long a stolen key of session tickets opens what was said in TLS 1.2 (RFC 5077 §5.5). */
const ticketKeyLifetime = 86_400_000;

/** @param clock milliseconds since 1970 */
export function tlsIdentity(first: CertificateAndKey, clock: () => number): TlsIdentity {
  let current = first;
  let ticketKeys = randomBytes(48);
  let ticketsEnd = clock() + ticketKeyLifetime;
  let context = contextOf(first);

  function contextOf(of: CertificateAndKey): SecureContext {
    // RFC 7858 §3.2 and RFC 9325: TLS 1.2 at least.
    return createSecureContext({
      cert: of.cert,
      key: of.key,
      minVersion: 'TLSv1.2',
      honorCipherOrder: true,
      ticketKeys,
    });
  }

  return {
    context() {
      if (clock() >= ticketsEnd) {
        ticketKeys = randomBytes(48);
        ticketsEnd = clock() + ticketKeyLifetime;
        context = contextOf(current);
      }
      return context;
    },
    use(renewed) {
      context = contextOf(renewed);
      current = renewed;
    },
  };
}
