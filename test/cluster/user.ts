import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate, CertificateAuthority } from './certificates.ts';

/** Somebody whom the cluster knows by a certificate. */
export interface User extends Certificate {
  readonly name: string;
  /** A kubeconfig with everything inside, whose only context is named like the user. */
  readonly kubeconfigPath: string;
}

export interface UserRequest {
  readonly name: string;
  readonly groups?: readonly string[];
  /** The context's namespace. */
  readonly namespace?: string;
}

/** A new user's certificate, and the kubeconfig `<name>.kubeconfig` in `folder`. */
export async function createUser(
  authority: CertificateAuthority,
  serverUrl: string,
  folder: string,
  { name, groups = [], namespace }: UserRequest,
): Promise<User> {
  const certificate = await authority.issue({ commonName: name, organizations: groups });
  const kubeconfigPath = join(folder, `${name.replaceAll(':', '-')}.kubeconfig`);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name: 'test-cluster',
        cluster: { server: serverUrl, 'certificate-authority-data': base64(authority.certificatePem) },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(certificate.certificatePem),
          'client-key-data': base64(certificate.keyPem),
        },
      },
    ],
    contexts: [
      { name, context: { cluster: 'test-cluster', user: name, ...(namespace !== undefined && { namespace }) } },
    ],
  };
  // JSON is YAML, and kubectl reads it as it is.
  await writeFile(kubeconfigPath, `${JSON.stringify(kubeconfig, undefined, 2)}\n`, { mode: 0o600 });
  return { name, kubeconfigPath, ...certificate };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
