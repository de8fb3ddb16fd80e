import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { defaultVersion } from '../cluster/binaries.ts';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { applyFixtures } from '../fixtures/apply-fixtures.ts';

const usage = `The main job, on a cluster of its own: back up, look around, have an accident, see what a restore would change.

Usage: npm run demo -- [options]

  --version VERSION   Kubernetes' version in full (default ${defaultVersion}); the first run of a version downloads its
                      programs or builds them with Go
  --keep              leave the cluster and the backups until Ctrl-C, to try commands of your own
  -h, --help          show this
`;

const { values } = parseArgs({
  options: {
    version: { type: 'string', default: defaultVersion },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await demo();

async function demo(): Promise<void> {
  // Listened for from the start, so that a Ctrl-C at any step ends cluster and folder with it.
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(
    () => 'interrupted' as const,
  );
  const home = await mkdtemp(join(tmpdir(), 'infrabackup-demo-'));
  try {
    say(`Starting Kubernetes ${values.version} on this machine and filling it with things that look like yours.`);
    await using cluster = await startCluster({ version: values.version });
    const tour = async (): Promise<void> => {
      await applyFixtures(cluster);
      await walk(cluster, home);
      if (values.keep) await keep(cluster, home, interrupted);
    };
    await Promise.race([tour(), interrupted]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function walk(cluster: Cluster, home: string): Promise<void> {
  const infrabackup = (args: string, expected = [0]): Promise<void> => show(cluster, home, args, expected);

  say('The upgrade is tomorrow. One command backs up everything, as it is at one instant.');
  await infrabackup('create before-upgrade --ttl 30d');
  await infrabackup('list');

  say('What is in it? kubectl get, in the past.');
  await infrabackup('get before-upgrade deployments,services -n shop');
  await infrabackup('get before-upgrade configmap/storefront -n shop -o yaml');
  await infrabackup('verify before-upgrade');

  say('The upgrade went wrong: a ConfigMap is lost, a Deployment is not what it was. What would a restore change?');
  await cluster.kubectl(['delete', 'configmap', 'logo', '-n', 'shop']);
  await cluster.kubectl([
    'set',
    'image',
    'deployment/storefront',
    'web=registry.example.com/storefront:broken',
    '-n',
    'shop',
  ]);
  await infrabackup('diff before-upgrade -n shop', [1]);
  await infrabackup('restore before-upgrade -n shop --yes');
  await infrabackup('diff before-upgrade -n shop -o summary');
  await infrabackup('restores');
  await infrabackup('history deployment/storefront -n shop');

  say('Would the next release take what is in the backup?');
  await infrabackup('check before-upgrade --target-version 1.37', [0, 1]);

  say('Just policy and configuration, as the Infra Backup Operator takes them.');
  await infrabackup('create policies --preset infra');
  await infrabackup('describe policies');

  say('The commands are yours now. Every one of them answers to --help.');
  process.stdout.write(
    [
      'create',
      'list',
      'get BACKUP TYPE/NAME -n NS -o yaml',
      'diff BACKUP',
      'restore BACKUP',
      'undo RESTORE',
      'verify BACKUP',
      'delete BACKUP',
    ]
      .map((command) => `  npx kubectl-infrabackup ${command}\n`)
      .join(''),
  );
}

/** Shows the command as a user would type it, and runs it as one would. */
async function show(cluster: Cluster, home: string, args: string, expected: readonly number[]): Promise<void> {
  process.stdout.write(`\n${styleText('bold', `$ kubectl infrabackup ${args}`)}\n`);
  const launcher = resolve(import.meta.dirname, '../../plugin/bin/kubectl-infrabackup.js');
  const child = spawn(process.execPath, [launcher, ...args.split(' ')], {
    stdio: 'inherit',
    env: { ...process.env, ...environment(cluster, home) },
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (!expected.includes(exitCode ?? -1)) throw new Error(`kubectl infrabackup ${args} ended with ${String(exitCode)}`);
}

function environment(cluster: Cluster, home: string): Readonly<Record<string, string>> {
  return { KUBECONFIG: cluster.clusterAdmin.kubeconfigPath, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
}

async function keep(cluster: Cluster, home: string, interrupted: Promise<unknown>): Promise<void> {
  say('The cluster and the backups stay until Ctrl-C. In another terminal, from this folder:');
  for (const [name, value] of Object.entries(environment(cluster, home))) {
    process.stdout.write(`  export ${name}=${value}\n`);
  }
  // An open handle, or Node would take the pending promise for the end of the program.
  const keepAlive = setInterval(() => undefined, 60_000);
  await interrupted;
  clearInterval(keepAlive);
}

function say(text: string): void {
  process.stdout.write(`\n${styleText('cyan', text)}\n`);
}
