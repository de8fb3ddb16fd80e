import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { applyFixtures } from '../fixtures/apply-fixtures.ts';
import { generateObjects } from '../fixtures/generate.ts';
import { defaultVersion } from './binaries.ts';
import { startCluster } from './cluster.ts';

const usage = `Start a Kubernetes control plane of your own on this machine, and leave it running until Ctrl-C.

Usage: npm run cluster -- [options]

  --version VERSION     Kubernetes' version in full (default ${defaultVersion}); the first run of a version
                        downloads its programs or builds them with Go
  --fixtures            fill it with the test fixtures, which look like real infrastructure
  --objects N           fill it with N generated objects
  --flag FLAG           one more flag for the API server, such as --flag=--runtime-config=api/all=true;
                        may be repeated
  -h, --help            show this

Nodes are not part of it: Pods stay pending, everything else is real.
`;

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      version: { type: 'string', default: defaultVersion },
      fixtures: { type: 'boolean', default: false },
      objects: { type: 'string', default: '0' },
      flag: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const objectCount = Number(values.objects);
  if (!Number.isSafeInteger(objectCount) || objectCount < 0) {
    throw new Error(`--objects ${values.objects} is not a number of objects`);
  }
  await using cluster = await startCluster({ version: values.version, apiServerFlags: values.flag });
  // Once listened for, a Ctrl-C ends nothing by itself, also not while the cluster is being filled.
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const fillAndAnnounce = async (): Promise<void> => {
    if (values.fixtures) await applyFixtures(cluster);
    if (objectCount > 0) await generateObjects(cluster, { count: objectCount });
    process.stderr.write(
      `Kubernetes ${cluster.version} runs at ${cluster.serverUrl}; Ctrl-C ends it and removes it.\n`,
    );
    process.stdout.write(`export KUBECONFIG=${cluster.clusterAdmin.kubeconfigPath}\n`);
    await interrupted;
  };
  // A pending promise alone does not keep Node running.
  const keepAlive = setInterval(() => undefined, 60_000);
  try {
    await Promise.race([fillAndAnnounce(), interrupted]);
    process.stderr.write('\nEnding the cluster.\n');
  } finally {
    clearInterval(keepAlive);
  }
}
