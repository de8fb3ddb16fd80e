import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Target } from './target.ts';

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that this process runs in, as its pod's service account; undefined outside of a pod.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api
 */
export async function findInClusterTarget(
  env: Readonly<Record<string, string | undefined>>,
  folder = serviceAccountFolder,
): Promise<Target | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const tokenFile = join(folder, 'token');
  if (!host || !port || (await readText(tokenFile)) === undefined) return undefined;
  return {
    context: undefined,
    namespace: env['POD_NAMESPACE'] || (await readText(join(folder, 'namespace'))) || 'default',
    cluster: {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      'certificate-authority': join(folder, 'ca.crt'),
    },
    user: { tokenFile },
    userName: "the pod's service account",
    files: [],
  };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}
