// The certificate library builds on decorators and needs this in place first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate with its private key, both PEM. */
export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What a certificate of a control plane says; Kubernetes reads the user from commonName and the groups from organizations. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** The names and addresses that a server answers by; absent: the certificate is a client's. */
  readonly serverNames?: readonly string[];
}

export interface CertificateAuthority extends Certificate {
  issue(subject: CertificateSubject): Promise<Certificate>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;
/** Snapshots keep their authority for as long as they are kept. */
const validityMs = 10 * 365 * 24 * hourMs;

/** A new certificate authority, its files `ca.crt` and `ca.key` and the service accounts' `sa.key` and `sa.pub` in `folder`. */
export async function createCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  await mkdir(folder, { recursive: true });
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: 'CN=infrabackup-test-cluster',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const serviceAccountKeys = await generateKeys();
  await writeFile(join(folder, 'ca.crt'), certificate.toString('pem'));
  await writeFile(join(folder, 'ca.key'), await exportKey(keys.privateKey));
  await writeFile(join(folder, 'sa.key'), await exportKey(serviceAccountKeys.privateKey));
  await writeFile(join(folder, 'sa.pub'), await exportKey(serviceAccountKeys.publicKey));
  return readCertificateAuthority(folder);
}

/** The authority that createCertificateAuthority left in `folder`. */
export async function readCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  const certificatePem = await readFile(join(folder, 'ca.crt'), 'utf8');
  const keyPem = await readFile(join(folder, 'ca.key'), 'utf8');
  const authority = new x509.X509Certificate(certificatePem);
  const keyBytes = x509.PemConverter.decodeFirst(keyPem);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', keyBytes, algorithm, false, ['sign']);

  return {
    certificatePem,
    keyPem,
    async issue({ commonName, organizations = [], serverNames }) {
      const keys = await generateKeys();
      const usage = serverNames === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
      const extensions: x509.Extension[] = [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(authority),
      ];
      if (serverNames !== undefined) {
        extensions.push(
          new x509.SubjectAlternativeNameExtension(
            serverNames.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
          ),
        );
      }
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity(),
        // An array is taken as it is: a name such as `system:admin` or one with a comma needs no escaping.
        subject: [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }],
        issuer: authority.subjectName.toJSON(),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: algorithm,
        extensions,
      });
      return { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
    },
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const [format, label] =
    key.type === 'private' ? (['pkcs8', 'PRIVATE KEY'] as const) : (['spki', 'PUBLIC KEY'] as const);
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey(format, key), label);
}

function validity(): { notBefore: Date; notAfter: Date } {
  const nowMs = Date.now();
  return { notBefore: new Date(nowMs - hourMs), notAfter: new Date(nowMs + validityMs) };
}
