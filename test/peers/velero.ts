import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { findFreePort } from '../cluster/free-port.ts';
import { createLifeline } from '../cluster/lifeline.ts';
import { runCommand, type CommandResult } from '../cluster/run-command.ts';
import type { S3Server } from '../servers/versitygw.ts';
import { provisionFromSource } from './provision-from-source.ts';

/** Its releases that are built here. */
export const veleroVersion = '1.18.3';
const pluginVersion = '1.14.3';

/** Longer than it takes for anything that a test waits for, the restore of ten thousand objects included. */
const deadlineMs = 1_500_000;
const pollMs = 50;

/** Where everything of Velero's lies in a cluster. */
export const veleroNamespace = 'velero';

/** Where Velero's programs are. */
export interface VeleroPrograms {
  /** The server, and the command line of its users. */
  readonly velero: string;
  readonly pluginFolder: string;
}

/** What a server works on. */
export interface VeleroOptions {
  readonly cluster: Cluster;
  readonly s3: S3Server;
  /** The folder of the bucket that it keeps backups in. */
  readonly prefix: string;
  /** More flags for the server: `--features=EnableAPIGroupVersions`. */
  readonly flags?: readonly string[];
}

/** An object of Velero's, as far as tests look at it. */
export interface VeleroObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly phase?: string;
    readonly errors?: number;
    readonly warnings?: number;
    readonly expiration?: string;
    readonly formatVersion?: string;
    readonly lastSyncedTime?: string;
    readonly progress?: { readonly itemsBackedUp?: number };
  };
}

/** What came of a restore. */
export interface VeleroRestore extends VeleroObject {
  readonly tookMs: number;
  /** What Velero says of it, errors and warnings included. */
  readonly said: string;
}

/** A Velero server beside a cluster, not in it; it ends with this process. */
export interface Velero extends AsyncDisposable {
  /** Velero's own command line. Throws CommandError. */
  run(...args: readonly string[]): Promise<CommandResult>;
  /** Undefined where there is none of that name. */
  backup(name: string): Promise<VeleroObject | undefined>;
  location(): Promise<VeleroObject>;
  /** Makes a backup, and returns how long the server was at it, in milliseconds. Throws unless it is Completed. */
  backUp(name: string, ...flags: readonly string[]): Promise<number>;
  /** Restores a backup, and returns what came of it. */
  restore(backup: string): Promise<VeleroRestore>;
  /** Resolves when the server has looked through the bucket once more, from now on: at most two minutes. */
  looksAgain(): Promise<void>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Velero and its plugin for S3, from the cache or built into it (six minutes on two cores). Throws ServerUnavailableError. */
export async function provisionVelero(): Promise<VeleroPrograms> {
  const folder = await provisionFromSource({
    program: 'velero',
    module: 'github.com/vmware-tanzu/velero',
    version: veleroVersion,
    package: './cmd/velero',
    usualSeconds: 240,
    // The version that it asks for is not to be had everywhere, and what it uses of it is the same in this one.
    replace: ['k8s.io/cli-runtime=k8s.io/cli-runtime@v0.33.2'],
  });
  const pluginFolder = await provisionFromSource({
    program: 'velero-plugin-for-aws',
    module: 'github.com/vmware-tanzu/velero-plugin-for-aws',
    version: pluginVersion,
    package: './velero-plugin-for-aws',
    usualSeconds: 180,
  });
  return { velero: join(folder, 'velero'), pluginFolder };
}

/** Installs what Velero needs in the cluster and starts a server; resolves when it has looked through the bucket. */
export async function startVelero(programs: VeleroPrograms, options: VeleroOptions): Promise<Velero> {
  const { cluster, s3, prefix, flags = [] } = options;
  const lifeline = await createLifeline(join(tmpdir(), 'infrabackup-velero-'));
  const { folder } = lifeline;
  const [logFile, credentials] = [join(folder, 'server.log'), join(folder, 'credentials')];
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = s3.keys;
  await writeFile(credentials, `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`, {
    mode: 0o600,
  });
  await mkdir(join(folder, 'scratch'));
  const env = {
    ...process.env,
    HOME: folder,
    KUBECONFIG: cluster.admin.kubeconfigPath,
    VELERO_NAMESPACE: veleroNamespace,
    VELERO_SCRATCH_DIR: join(folder, 'scratch'),
    AWS_SHARED_CREDENTIALS_FILE: credentials,
  };
  const run = (...args: readonly string[]): Promise<CommandResult> => runCommand(programs.velero, args, { env });
  const api = cluster.client();
  const get = async (kind: string, name: string): Promise<VeleroObject | undefined> => {
    const path = `/apis/velero.io/v1/namespaces/${veleroNamespace}/${kind}/${name}`;
    const { status, body } = await api.request('GET', path);
    return status === 200 ? (JSON.parse(body) as VeleroObject) : undefined;
  };

  const { stdout: definitions } = await run('install', '--crds-only', '--dry-run', '-o', 'yaml');
  await apply(cluster, definitions);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '-l', 'component=velero']);
  await apply(cluster, JSON.stringify(await inCluster(s3, prefix)));

  const [metrics, profiler] = [await findFreePort(), await findFreePort()];
  const child = lifeline.start(
    programs.velero,
    [
      'server',
      ...['--plugin-dir', programs.pluginFolder],
      ...['--metrics-address', `127.0.0.1:${metrics}`, '--profiler-address', `127.0.0.1:${profiler}`],
      ...['--client-qps', '2000', '--client-burst', '2000'],
      ...flags,
    ],
    { logFile, cwd: folder, env },
  );
  const until = async (what: string, isTrue: () => Promise<boolean>): Promise<void> => {
    const startedMs = performance.now();
    while (!(await isTrue())) {
      const log = async (): Promise<string> => (await readFile(logFile, 'utf8')).slice(-4_000);
      if (child.exitCode !== null) throw new Error(`Velero has ended: ${await log()}`);
      if (performance.now() - startedMs > deadlineMs) throw new Error(`not so in time: ${what}: ${await log()}`);
      await sleep(pollMs);
    }
  };
  const phaseOf = async (kind: string, name: string): Promise<string> => (await get(kind, name))?.status?.phase ?? '';
  const untilEnded = (kind: string, name: string): Promise<void> =>
    until(`${name} of ${kind} ends`, async () =>
      /^(Completed|PartiallyFailed|Failed|FailedValidation)$/.test(await phaseOf(kind, name)),
    );
  const location = async (): Promise<VeleroObject> => (await get('backupstoragelocations', 'default'))!;
  const looksAgain = async (): Promise<void> => {
    const syncedAt = async (): Promise<string | undefined> => (await location()).status?.lastSyncedTime;
    const before = await syncedAt();
    await until('Velero looks through the bucket', async () => (await syncedAt()) !== before);
  };
  const stop = (): Promise<void> => {
    api.close();
    return lifeline.cut();
  };
  try {
    await looksAgain();
  } catch (error) {
    await stop();
    throw error;
  }
  let restores = 0;
  return {
    run,
    backup: (name) => get('backups', name),
    async backUp(name, ...more) {
      await run('backup', 'create', name, ...more);
      const isWaiting = async (): Promise<boolean> =>
        /^(New|Queued|ReadyToStart)?$/.test(await phaseOf('backups', name));
      await until(`the backup ${name} begins`, async () => !(await isWaiting()));
      const startedMs = performance.now();
      await untilEnded('backups', name);
      const tookMs = performance.now() - startedMs;
      const phase = await phaseOf('backups', name);
      if (phase !== 'Completed') throw new Error(`the backup ${name} is ${phase}`);
      return tookMs;
    },
    location,
    async restore(backup) {
      const name = `${backup}-${++restores}-${Date.now()}`;
      const startedMs = performance.now();
      await run('restore', 'create', name, '--from-backup', backup);
      // Velero's own --wait waits for ever for a restore that the server has died of.
      await untilEnded('restores', name);
      const tookMs = performance.now() - startedMs;
      const { stdout: said } = await run('restore', 'describe', name, '--details', '--colorized=false');
      return { ...(await get('restores', name))!, tookMs, said };
    },
    looksAgain,
    log: () => readFile(logFile, 'utf8'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function inCluster(s3: S3Server, prefix: string): Promise<object> {
  const metadata = { namespace: veleroNamespace };
  const template = {
    metadata: { labels: { deploy: 'velero' } },
    spec: { containers: [{ name: 'velero', image: 'velero/velero' }] },
  };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: veleroNamespace } },
      {
        apiVersion: 'velero.io/v1',
        kind: 'BackupStorageLocation',
        metadata: { ...metadata, name: 'default' },
        spec: {
          provider: 'velero.io/aws',
          default: true,
          objectStorage: { bucket: s3.bucket, prefix, caCert: (await readFile(s3.ca)).toString('base64') },
          config: { region: 'us-east-1', s3ForcePathStyle: 'true', s3Url: s3.endpoint },
        },
      },
      // Its restores ask for the Deployment of the server that carries them out.
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { ...metadata, name: 'velero' },
        spec: { replicas: 0, selector: { matchLabels: { deploy: 'velero' } }, template },
      },
    ],
  };
}

async function apply(cluster: Cluster, manifests: string): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '-f', '-'], { user: cluster.admin, input: manifests });
}
