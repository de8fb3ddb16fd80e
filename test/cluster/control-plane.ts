import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { CertificateAuthority, CertificateSubject } from './certificates.ts';
import { findFreePort } from './free-port.ts';
import type { Lifeline } from './lifeline.ts';
import { createUser } from './user.ts';

/** Running programs of one control plane. */
export interface ControlPlane {
  readonly serverUrl: string;
  readonly etcdUrl: string;
  /** Starts the controllers; they give up when no API server answers, so it is called when one does. */
  startControllers(): Promise<void>;
  /** Throws, with the end of its log, when one of the programs has ended. */
  assertRunning(): Promise<void>;
  /** Ends the programs in the order in which they need each other. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly binaries: Binaries;
  readonly lifeline: Lifeline;
  readonly authority: CertificateAuthority;
  readonly apiServerFlags: readonly string[];
  readonly controllerManagerFlags: readonly string[];
}

interface Program {
  readonly name: string;
  readonly process: ChildProcess;
  readonly logFile: string;
}

/** A program that is asked to end has this long; nothing of it is needed afterwards. */
const stopDeadlineMs = 5_000;

/** Starts etcd and an API server on free ports of the loopback address, without waiting for either. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { binaries, lifeline, authority, apiServerFlags, controllerManagerFlags } = options;
  const folder = lifeline.folder;
  const pki = (file: string): string => join(folder, 'pki', file);
  const [etcdPort, etcdPeerPort, apiServerPort] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const etcdPeerUrl = `http://127.0.0.1:${etcdPeerPort}`;
  const serverUrl = `https://127.0.0.1:${apiServerPort}`;

  const started: Program[] = [];
  const start = (name: string, args: readonly string[]): void => {
    const logFile = join(folder, `${name}.log`);
    started.push({ name, logFile, process: lifeline.start(join(binaries.folder, name), args, { logFile }) });
  };

  start('etcd', [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${etcdPeerUrl}`,
    `--initial-advertise-peer-urls=${etcdPeerUrl}`,
    `--initial-cluster=default=${etcdPeerUrl}`,
    // A snapshot was a member at another address.
    '--force-new-cluster',
    '--unsafe-no-fsync',
    `--quota-backend-bytes=${8 * 1024 ** 3}`,
    '--log-level=error',
  ]);
  await Promise.all(
    servingCertificates.map(async ({ file, ...subject }) => {
      const { certificatePem, keyPem } = await authority.issue(subject);
      await writeFile(pki(`${file}.crt`), certificatePem);
      await writeFile(pki(`${file}.key`), keyPem);
    }),
  );
  start('kube-apiserver', [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    // Looked for on the interfaces otherwise, in vain on a machine without a network (an address for documentation: RFC 5737).
    '--advertise-address=192.0.2.1',
    `--secure-port=${apiServerPort}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    // The aggregation layer. Its authority is the clients' own, so the allowed name keeps the clients out.
    `--requestheader-client-ca-file=${pki('ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy.key')}`,
    '--enable-aggregator-routing=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${pki('kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('kubelet-client.key')}`,
    ...apiServerFlags,
  ]);

  return {
    serverUrl,
    etcdUrl,
    async startControllers() {
      const user = await createUser(authority, serverUrl, join(folder, 'pki'), {
        name: 'system:kube-controller-manager',
      });
      start('kube-controller-manager', [
        `--kubeconfig=${user.kubeconfigPath}`,
        `--service-account-private-key-file=${pki('sa.key')}`,
        `--root-ca-file=${pki('ca.crt')}`,
        '--use-service-account-credentials',
        '--leader-elect=false',
        '--controllers=*',
        // Forty controllers each ask for an account and a token first; at the usual 20 requests a second that takes 6 s.
        '--kube-api-qps=1000',
        '--kube-api-burst=1000',
        // A claim that came before its volume is looked at again after 15 s otherwise.
        '--pvclaimbinder-sync-period=1s',
        // It need not be reachable.
        '--secure-port=0',
        ...controllerManagerFlags,
      ]);
    },
    async assertRunning() {
      for (const { name, process, logFile } of started) {
        if (!hasEnded(process)) continue;
        const log = await readFile(logFile, 'utf8');
        throw new ProgramEndedError(
          `${name} of the test cluster ended:\n${log.split('\n').slice(-20).join('\n')}`,
          log,
        );
      }
    },
    async stop() {
      // An API server whose etcd went first hangs in its shutdown, controllers without an API server log and retry.
      for (const { process } of started.toReversed()) await endProcess(process);
    },
  };
}

/** A program of the control plane ended by itself. */
export class ProgramEndedError extends Error {
  /** Whether another program took the port between the look for a free one and its use; a new try has new ports. */
  readonly isPortTaken: boolean;

  constructor(message: string, log: string) {
    super(message);
    this.isPortTaken = log.includes('address already in use');
  }
}

const servingCertificates: readonly (CertificateSubject & { readonly file: string })[] = [
  {
    file: 'apiserver',
    commonName: 'kube-apiserver',
    serverNames: ['127.0.0.1', '10.0.0.1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
  },
  { file: 'front-proxy', commonName: 'front-proxy-client' },
  { file: 'kubelet-client', commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] },
];

async function endProcess(process: ChildProcess): Promise<void> {
  if (hasEnded(process)) return;
  const ended = once(process, 'exit');
  process.ref();
  process.kill('SIGTERM');
  const deadline = new AbortController();
  const tooLate = sleep(stopDeadlineMs, 'too late', { signal: deadline.signal }).catch(() => undefined);
  if ((await Promise.race([ended, tooLate])) === 'too late') process.kill('SIGKILL');
  await ended;
  deadline.abort();
}

function hasEnded(process: ChildProcess): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}
