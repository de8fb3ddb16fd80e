import { readFile } from 'node:fs/promises';
import { AppError } from '@infrabackup/core';
import type { ConnectionOptions } from '../connection/connection-options.ts';
import type { Target } from '../connection/target.ts';
import { readKubeconfig } from '../connection/kubeconfig.ts';
import { execCredential } from './exec-credential.ts';
import { oidcCredential } from './oidc-credential.ts';
import { fixedCredential, type ClientCertificate, type Credential, type CredentialSource } from './credential.ts';
import { tokenFileCredential } from './token-file.ts';

/**
 * How the target's user proves who they are. A token, password or certificate of one's own makes a plugin unneeded.
 *
 * Throws `KUBECONFIG_INVALID`.
 *
 * Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo
 */
export async function createCredential(target: Target, options: ConnectionOptions): Promise<CredentialSource> {
  const { user, userName } = target;
  const refuse = (what: string): never => {
    throw new AppError('KUBECONFIG_INVALID', `user ${userName} ${what}`, { refs: target.files });
  };
  const certificate = await readClientCertificate(target);
  const base: Credential = certificate === undefined ? {} : { certificate };
  if (user.tokenFile !== undefined) return tokenFileCredential(user.tokenFile, base, options.clock);
  if (user.token !== undefined) return fixedCredential({ ...base, authorization: `Bearer ${user.token.trim()}` });
  if (user.username !== undefined) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    return fixedCredential({ ...base, authorization: `Basic ${pair}` });
  }
  if (certificate !== undefined) return fixedCredential(base);
  const provider = user['auth-provider'];
  if (user.exec !== undefined && provider !== undefined) refuse('has both an exec plugin and an auth-provider');
  if (user.exec !== undefined) {
    return execCredential({
      exec: user.exec,
      userName,
      cluster: await clusterInfo(target),
      env: options.env,
      terminal: options.pluginTerminal ?? 'none',
      files: target.files,
      clock: options.clock,
    });
  }
  if (provider === undefined) return fixedCredential({});
  if (provider.name === 'oidc') {
    return oidcCredential({
      userName,
      readEntry: async () => (await readKubeconfig(target.files)).users.get(userName)?.['auth-provider'],
      files: target.files,
      flags: target.context === undefined ? '' : ` --context ${target.context}`,
      clock: options.clock,
    });
  }
  return refuse(
    `uses the auth-provider ${provider.name ?? '(unnamed)'}${retired[provider.name ?? ''] ?? ', which is unknown'}`,
  );
}

/** Source: https://github.com/kubernetes/client-go/tree/v0.36.3/plugin/pkg/client/auth (azure, gcp) */
const retired: Readonly<Record<string, string>> = {
  azure: ', which kubectl dropped in 1.26: use the credential plugin kubelogin',
  gcp: ', which kubectl dropped in 1.26: use the credential plugin gke-gcloud-auth-plugin',
};

/**
 * What a plugin is told of the cluster. Source:
 * https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster
 */
async function clusterInfo(target: Target): Promise<Record<string, unknown>> {
  const { cluster } = target;
  const authority = await readPem(
    target,
    'certificate-authority',
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
  );
  const config = cluster.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension;
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': authority?.toString('base64'),
    'proxy-url': cluster['proxy-url'],
    config,
  };
}

async function readClientCertificate(target: Target): Promise<ClientCertificate | undefined> {
  const { user } = target;
  const cert = await readPem(target, 'client-certificate', user['client-certificate-data'], user['client-certificate']);
  const key = await readPem(target, 'client-key', user['client-key-data'], user['client-key']);
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = key === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    throw new AppError('KUBECONFIG_INVALID', `user ${target.userName} has a client ${has} but no client ${lacks}`, {
      refs: target.files,
    });
  }
  return cert && key && { cert, key };
}

/**
 * A PEM given as data, else as a file; undefined when neither is. Data wins, as with kubectl.
 *
 * Throws `KUBECONFIG_INVALID`.
 */
export async function readPem(
  target: Target,
  member: string,
  data: string | undefined,
  file: string | undefined,
): Promise<Buffer | undefined> {
  if (data !== undefined) {
    const pem = Buffer.from(data, 'base64');
    if (pem.includes('-----BEGIN ')) return pem;
    throw new AppError('KUBECONFIG_INVALID', `${member}-data of ${target.userName} is not base64 of PEM`, {
      refs: target.files,
    });
  }
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new AppError('KUBECONFIG_INVALID', `the ${member} file ${file} could not be read: ${reason}`, {
      refs: [file, ...target.files],
      cause: error,
    });
  }
}
