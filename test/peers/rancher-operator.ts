import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import type { Cluster } from '../cluster/cluster.ts';
import { createLifeline } from '../cluster/lifeline.ts';
import type { S3Server } from '../servers/versitygw.ts';
import { provisionFromSource } from './provision-from-source.ts';

/** The newest release that is to be had as a Go module; later ones have the same archives. */
export const rancherVersion = '1.2.1';

/** Where its secrets lie. */
export const rancherNamespace = 'cattle-resources-system';

/** Longer than it takes for anything that a test waits for, the restore of ten thousand objects included. */
const deadlineMs = 1_500_000;
const charts = 'charts/rancher-backup-crd/templates';

/** What an operator works on. */
export interface RancherOptions {
  readonly cluster: Cluster;
  readonly s3: S3Server;
  /** The folder of the bucket that it keeps archives in. */
  readonly folder: string;
  /** An EncryptionConfiguration for backups and restores that are to be encrypted. */
  readonly encryptionConfiguration?: string;
}

/** Whether archives are encrypted. */
export type Sealing = 'clear' | 'encrypted';

/** Rancher's operator beside a cluster, not in it; it ends with this process. */
export interface RancherOperator extends AsyncDisposable {
  /** Makes a Backup of what a ResourceSet of the cluster says, and returns the file name of its archive. */
  backUp(name: string, resourceSet: string, sealing?: Sealing): Promise<string>;
  /** Restores an archive by its file name and resolves when that is done; nothing is deleted. */
  restore(fileName: string, sealing?: Sealing): Promise<void>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** The operator's folder, from the cache or built into it. Throws ServerUnavailableError. */
export function provisionRancherOperator(): Promise<string> {
  const file = 'pkg/controllers/restore/controller.go';
  return provisionFromSource({
    program: 'backup-restore-operator',
    module: 'github.com/rancher/backup-restore-operator',
    version: rancherVersion,
    package: '.',
    usualSeconds: 90,
    // Else it waits for ever for definitions in a version that Kubernetes has not served since 1.22.
    edits: [
      { file, from: 'apiextensions/v1beta1"', to: 'apiextensions/v1"' },
      { file, from: 'ApiextensionsV1beta1()', to: 'ApiextensionsV1()' },
    ],
    keep: [charts],
  });
}

/** Installs what the operator needs in the cluster and starts it. */
export async function startRancherOperator(programs: string, options: RancherOptions): Promise<RancherOperator> {
  const { cluster, s3, folder: bucketFolder, encryptionConfiguration } = options;
  const asAdmin = { user: cluster.admin };
  const apply = async (...items: readonly object[]): Promise<void> => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await cluster.kubectl(['apply', '--server-side', '-f', '-'], { ...asAdmin, input: list });
  };
  await apply(...(await definitions(join(programs, charts))));
  const groupOf = ['backups', 'restores', 'resourcesets'].map((plural) => `crd/${plural}.resources.cattle.io`);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...groupOf], asAdmin);
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: rancherNamespace } },
    secret('keys', { accessKey: s3.keys.AWS_ACCESS_KEY_ID, secretKey: s3.keys.AWS_SECRET_ACCESS_KEY }),
    secret('place', {
      ...{ credentialSecretName: 'keys', credentialSecretNamespace: rancherNamespace },
      ...{ bucketName: s3.bucket, folder: bucketFolder, region: 'us-east-1' },
      // It speaks nothing but TLS, and adds the scheme itself.
      endpoint: s3.endpoint.replace('https://', ''),
      endpointCA: (await readFile(s3.ca)).toString('base64'),
    }),
    ...(encryptionConfiguration === undefined
      ? []
      : [secret('sealing', { 'encryption-provider-config.yaml': encryptionConfiguration })]),
  );

  const lifeline = await createLifeline(join(tmpdir(), 'infrabackup-rancher-'));
  const logFile = join(lifeline.folder, 'operator.log');
  const log = (): Promise<string> => readFile(logFile, 'utf8');
  const env = {
    ...process.env,
    ...{ TMPDIR: lifeline.folder, CHART_NAMESPACE: rancherNamespace, DEFAULT_S3_BACKUP_STORAGE_LOCATION: 'place' },
  };
  const args = ['--kubeconfig', cluster.admin.kubeconfigPath];
  const child = lifeline.start(join(programs, 'backup-restore-operator'), args, { logFile, cwd: lifeline.folder, env });

  const api = cluster.client();
  /** The member of the object's status, once it is there. */
  const statusOf = async (resource: string, name: string, member: string): Promise<string> => {
    const startedMs = performance.now();
    for (;;) {
      const path = `/apis/resources.cattle.io/v1/${resource}/${name}`;
      const { status } = await api.expect<{ readonly status?: Readonly<Record<string, string>> }>('GET', path);
      const value = status?.[member] ?? '';
      if (value !== '') return value;
      if (child.exitCode !== null || performance.now() - startedMs > deadlineMs)
        throw new Error(`no ${member} of ${name}: ${(await log()).slice(-4_000)}`);
      await sleep(50);
    }
  };
  const sealed = (sealing: Sealing): object =>
    sealing === 'encrypted' ? { encryptionConfigSecretName: 'sealing' } : {};
  const apiVersion = 'resources.cattle.io/v1';
  const stop = (): Promise<void> => {
    api.close();
    return lifeline.cut();
  };
  let restores = 0;
  return {
    async backUp(name, resourceSetName, sealing = 'clear') {
      await apply({ apiVersion, kind: 'Backup', metadata: { name }, spec: { resourceSetName, ...sealed(sealing) } });
      return await statusOf('backups', name, 'filename');
    },
    async restore(backupFilename, sealing = 'clear') {
      const name = `restore-${++restores}`;
      const spec = { backupFilename, prune: false, ...sealed(sealing) };
      await apply({ apiVersion, kind: 'Restore', metadata: { name }, spec });
      await statusOf('restores', name, 'restoreCompletionTs');
    },
    log,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function secret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: rancherNamespace }, stringData };
}

interface OldDefinition {
  readonly metadata: object;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string; readonly kind: string };
    readonly scope: string;
    readonly validation: { readonly openAPIV3Schema: object };
  };
}

/** Those of its chart, which are of a version that Kubernetes does not serve any more. */
async function definitions(folder: string): Promise<readonly object[]> {
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.map((text) => {
    const { metadata, spec } = load(text) as OldDefinition;
    const { group, names, scope, validation } = spec;
    const schema = { openAPIV3Schema: { ...validation.openAPIV3Schema, type: 'object' } };
    const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } };
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata,
      spec: { group, names, scope, versions: [version] },
    };
  });
}
