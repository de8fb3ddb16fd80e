import { constants } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiClient, type ApiClient } from './api-client.ts';
import { defaultVersion, provisionBinaries, type Binaries } from './binaries.ts';
import { createCertificateAuthority, readCertificateAuthority } from './certificates.ts';
import { ProgramEndedError, startControlPlane } from './control-plane.ts';
import { createEtcd, type Etcd } from './etcd.ts';
import { createLifeline } from './lifeline.ts';
import { runCommand, type CommandResult } from './run-command.ts';
import { createUser, type User, type UserRequest } from './user.ts';

export interface ClusterOptions {
  /** Kubernetes' version in full; 1.36.3 unless given. */
  readonly version?: string;
  /** Flags for the API server after the usual ones, whose last word counts: `--runtime-config=api/all=true`. */
  readonly apiServerFlags?: readonly string[];
  readonly controllerManagerFlags?: readonly string[];
  /** A folder that `stopIntoSnapshot` filled, at the same version: the cluster starts with what that one held. */
  readonly snapshot?: string;
}

/** A rule of a Role: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole */
interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface KubectlOptions {
  /** Who asks; the cluster administrator unless given. */
  readonly user?: User;
  /** For `-f -`. */
  readonly input?: string;
}

/** A running control plane of its own, on the loopback address; gone when this process is, however that ends. */
export interface Cluster extends AsyncDisposable {
  readonly version: string;
  /** Everything of the cluster lies here: data, logs, certificates (`pki`), kubeconfigs. */
  readonly folder: string;
  readonly serverUrl: string;
  readonly caPem: string;
  /** In `system:masters`, whom neither RBAC nor priority and fairness stops: for the harness, never for what is tested. */
  readonly admin: User;
  /** Bound to `cluster-admin`: may do everything, but is asked and may be told to wait. */
  readonly clusterAdmin: User;
  readonly etcd: Etcd;
  /** A new user whom one Role in one namespace (made when absent) lets do something; everything in it unless rules are given. */
  namespaceUser(namespace: string, rules?: readonly PolicyRule[]): Promise<User>;
  /** A new user without any rights of its own. */
  user(request: UserRequest): Promise<User>;
  /** The program that `kubectl` runs. */
  readonly kubectlPath: string;
  /** The cluster's own kubectl; throws CommandError when it fails. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<CommandResult>;
  /** A client for the harness, as `admin` unless a user is given. */
  client(user?: User, connections?: number): ApiClient;
  /** Ends everything and removes the folder. May be called twice. */
  stop(): Promise<void>;
  /** As stop, and leaves the cluster's data and certificate authority in `folder` for `startCluster({ snapshot })`. */
  stopIntoSnapshot(folder: string): Promise<void>;
}

const readyDeadlineMs = 60_000;
const readyPollMs = 20;
const startAttempts = 3;
const snapshotParts = ['etcd', 'pki'];

/** Starts a control plane (about two seconds once its programs are in the cache, see provisionBinaries) and resolves when it can be used. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const binaries = await provisionBinaries(options.version ?? defaultVersion);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(binaries, options);
    } catch (error) {
      if (!(error instanceof ProgramEndedError && error.isPortTaken && attempt < startAttempts)) throw error;
    }
  }
}

async function startOnce(binaries: Binaries, options: ClusterOptions): Promise<Cluster> {
  const lifeline = await createLifeline(join(tmpdir(), 'infrabackup-cluster-'));
  const { folder } = lifeline;
  try {
    const pki = join(folder, 'pki');
    if (options.snapshot !== undefined) {
      await cp(options.snapshot, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
    }
    const authority = await (options.snapshot === undefined ? createCertificateAuthority : readCertificateAuthority)(
      pki,
    );
    const controlPlane = await startControlPlane({
      binaries,
      lifeline,
      authority,
      apiServerFlags: options.apiServerFlags ?? [],
      controllerManagerFlags: options.controllerManagerFlags ?? [],
    });
    const { serverUrl } = controlPlane;
    const user = (request: UserRequest): Promise<User> => createUser(authority, serverUrl, folder, request);
    const caPem = authority.certificatePem;
    const client: Cluster['client'] = (as = admin, connections = 4) =>
      createApiClient({ serverUrl, caPem, ...as, connections });
    const admin = await user({ name: 'harness-admin', groups: ['system:masters'] });
    const api = client();

    await until(
      'the API server is ready',
      () => controlPlane.assertRunning(),
      async () => {
        return (await api.request('GET', '/readyz')).status === 200;
      },
    );
    await controlPlane.startControllers();
    const clusterAdmin = await user({ name: 'platform-engineer' });
    await bindClusterAdmin(api, clusterAdmin);
    // Pods and other dependents are refused until the controllers have made the namespace's account.
    await until(
      'the controllers are at work',
      () => controlPlane.assertRunning(),
      async () => {
        return (await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
      },
    );

    const kubectlPath = join(binaries.folder, 'kubectl');
    let namespaceUsers = 0;
    const stop = async (): Promise<void> => {
      api.close();
      await controlPlane.stop();
      await lifeline.cut();
    };
    return {
      version: binaries.version,
      folder,
      serverUrl,
      caPem,
      admin,
      clusterAdmin,
      etcd: createEtcd(controlPlane.etcdUrl),
      user,
      client,
      kubectlPath,
      async namespaceUser(namespace, rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]) {
        const name = `${namespace}-developer-${++namespaceUsers}`;
        await bindInNamespace(api, namespace, name, rules);
        return user({ name, namespace });
      },
      kubectl(args, { user: as = clusterAdmin, input } = {}) {
        const env = { ...process.env, KUBECONFIG: as.kubeconfigPath, KUBECACHEDIR: join(folder, 'kubectl-cache') };
        return runCommand(kubectlPath, args, { env, ...(input !== undefined && { input }) });
      },
      stop,
      async stopIntoSnapshot(target) {
        api.close();
        await controlPlane.stop();
        await keepSnapshot(folder, target);
        await lifeline.cut();
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await lifeline.cut();
    throw error;
  }
}

async function until(what: string, assertPossible: () => Promise<void>, isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + readyDeadlineMs;
  // No connection yet is one more way of not being ready.
  while (!(await isTrue().catch(() => false))) {
    await assertPossible();
    if (performance.now() > deadlineMs) throw new Error(`After ${readyDeadlineMs / 1000} s it is not so that ${what}.`);
    await sleep(readyPollMs);
  }
}

async function bindClusterAdmin(api: ApiClient, { name }: User): Promise<void> {
  await api.expect(
    'POST',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    {
      metadata: { name: `${name}s` },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: rbacGroup, kind: 'User', name }],
    },
    // A snapshot has the binding already.
    [201, 409],
  );
  await waitForGrant(api, name, { verb: '*', group: '*', resource: '*' });
}

async function bindInNamespace(
  api: ApiClient,
  namespace: string,
  name: string,
  rules: readonly PolicyRule[],
): Promise<void> {
  await api.expect('POST', '/api/v1/namespaces', { metadata: { name: namespace } }, [201, 409]);
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await api.expect('POST', `${rbac}/roles`, { metadata: { name }, rules });
  await api.expect('POST', `${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name },
    subjects: [{ apiGroup: rbacGroup, kind: 'User', name }],
  });
  const [rule] = rules;
  const [verb, group, resource] = [rule?.verbs[0], rule?.apiGroups[0], rule?.resources[0]];
  if (verb === undefined || group === undefined || resource === undefined) return;
  await waitForGrant(api, name, { namespace, verb, group, resource, name: rule?.resourceNames?.[0] ?? '' });
}

const rbacGroup = 'rbac.authorization.k8s.io';

/** The authorizer reads bindings from a watch: they count a moment after they were written. */
async function waitForGrant(api: ApiClient, user: string, resourceAttributes: object): Promise<void> {
  const review = { spec: { user, resourceAttributes } };
  await until(
    `${user} has its rights`,
    () => Promise.resolve(),
    async () => {
      const answer = await api.expect<{ status: { allowed: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        review,
      );
      return answer.status.allowed;
    },
  );
}

async function keepSnapshot(folder: string, target: string): Promise<void> {
  const partial = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  await rm(partial, { recursive: true, force: true });
  for (const part of snapshotParts) await cp(join(folder, part), join(partial, part), { recursive: true });
  await rm(target, { recursive: true, force: true });
  await rename(partial, target);
}
