import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';
import { KeyError } from './errors.js';

/** A certificate and its private key (PKCS#8), PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly days: number;
}

/** RSA, because it is what forge can sign with, made by node:crypto, because forge takes seconds. */
const rsaBits = 2048;
const day = 86_400_000;

/** A certificate authority for one directory or one machine: signs server certificates and no further authorities (RFC 5280 §4.2.1.9). */
export function certificateAuthority(options: { readonly commonName: string } & Validity): Certificate {
  const { publicKey, privateKey } = generateRsa();
  const subject = [{ name: 'commonName', value: options.commonName }];
  return issue({ publicKey, privateKey, subject, issuer: subject, signedBy: privateKey, validity: options }, [
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
}

/**
 * A server certificate for these DNS names and IP addresses (RFC 5280 §4.2.1.6), with a key of its own.
 * @throws KeyError CERTIFICATE_MALFORMED when there is no name, or one is none, or the authority cannot be read
 */
export function serverCertificate(
  authority: Certificate,
  options: { readonly names?: readonly string[]; readonly addresses?: readonly string[] } & Validity,
): Certificate {
  const alternatives = [...(options.names ?? []).map(dnsName), ...(options.addresses ?? []).map(ipAddress)];
  const [first] = [...(options.names ?? []), ...(options.addresses ?? [])];
  if (first === undefined)
    throw new KeyError('CERTIFICATE_MALFORMED', 'a server certificate needs a name or an address');
  const by = readAuthority(authority);
  const { publicKey, privateKey } = generateRsa();
  // A common name has 64 characters at most (RFC 5280 appendix A.1); clients read the alternative names.
  const subject = [{ name: 'commonName', value: first.slice(0, 64) }];
  const issuer = by.certificate.subject.attributes;
  return issue({ publicKey, privateKey, subject, issuer, signedBy: by.privateKey, validity: options }, [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: alternatives },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: by.certificate.generateSubjectKeyIdentifier().getBytes() },
  ]);
}

interface Request {
  readonly publicKey: forge.pki.rsa.PublicKey;
  readonly privateKey: forge.pki.rsa.PrivateKey;
  readonly subject: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly signedBy: forge.pki.rsa.PrivateKey;
  readonly validity: Validity;
}

function issue(request: Request, extensions: object[]): Certificate {
  const { notBefore, days } = request.validity;
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = request.publicKey;
  certificate.serialNumber = serialNumber();
  certificate.validity = { notBefore, notAfter: new Date(notBefore.getTime() + days * day) };
  certificate.setSubject(request.subject);
  certificate.setIssuer(request.issuer);
  certificate.setExtensions(extensions);
  certificate.sign(request.signedBy, forge.md.sha256.create());
  const pkcs8 = forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(request.privateKey));
  return {
    certificate: unixLines(forge.pki.certificateToPem(certificate)),
    privateKey: unixLines(forge.pki.privateKeyInfoToPem(pkcs8)),
  };
}

/** 127 random bits and never negative or zero (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const octets = randomBytes(16);
  octets[0] = (octets[0]! & 0x7f) | 0x40;
  return octets.toString('hex');
}

function generateRsa() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: rsaBits, publicExponent: 0x10001 });
  const key = forge.pki.privateKeyFromPem(privateKey.export({ format: 'pem', type: 'pkcs1' }) as string);
  return { privateKey: key, publicKey: forge.pki.setRsaPublicKey(key.n, key.e) };
}

function readAuthority(authority: Certificate) {
  try {
    return {
      certificate: forge.pki.certificateFromPem(authority.certificate),
      privateKey: forge.pki.privateKeyFromPem(authority.privateKey),
    };
  } catch {
    throw new KeyError(
      'CERTIFICATE_MALFORMED',
      'the certificate authority is not a certificate and its RSA key in PEM',
    );
  }
}

/** GeneralName choices, RFC 5280 §4.2.1.6. */
const generalName = { dns: 2, ip: 7 } as const;

function dnsName(name: string): object {
  if (
    !/^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(name) ||
    name.length > 253
  )
    throw new KeyError('CERTIFICATE_MALFORMED', `${JSON.stringify(name)} is not a host name`);
  return { type: generalName.dns, value: name };
}

function ipAddress(address: string): object {
  if (isIP(address) === 0)
    throw new KeyError('CERTIFICATE_MALFORMED', `${JSON.stringify(address)} is not an IP address`);
  return { type: generalName.ip, ip: address };
}

const unixLines = (pem: string): string => pem.replaceAll('\r\n', '\n');
