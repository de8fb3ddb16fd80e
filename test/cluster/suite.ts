import { afterAll, beforeAll, describe, it } from 'vitest';
import { applyFixtures } from '../fixtures/apply-fixtures.ts';
import { BinariesUnavailableError, defaultVersion, provisionBinaries } from './binaries.ts';
import { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';

export interface SuiteOptions extends ClusterOptions {
  /** Fill the cluster with the fixtures first. */
  readonly fixtures?: boolean;
}

/** What a suite works on; the cluster runs from before its first test until after its last. */
export interface OnCluster {
  readonly cluster: Cluster;
}

/**
 * A vitest suite with a control plane of its own (two to four seconds; nothing is shared, so nothing leaks from file to file).
 * Getting its programs may take minutes the first time. Where they cannot be had the suite is skipped and says so by name on stderr;
 * where CI=true it fails instead.
 *
 *     await describeOnCluster('create', { fixtures: true }, (on) => {
 *       it('stores every object', async () => { await on.cluster.kubectl([...]) });
 *     });
 */
export async function describeOnCluster(
  title: string,
  options: SuiteOptions,
  body: (on: OnCluster) => void,
): Promise<void> {
  const { version = defaultVersion, fixtures = false } = options;
  const name = `${title} (Kubernetes ${version})`;
  const reason = await whyUnavailable(version);
  if (reason !== undefined) {
    if (process.env['CI'] === 'true') {
      it(name, () => {
        throw reason;
      });
      return;
    }
    process.stderr.write(`\nSKIPPED: ${name}\n${reason.message}\n\n`);
    describe.skip(name, () => it('needs a cluster', () => undefined));
    return;
  }
  describe(name, () => {
    const on: { cluster?: Cluster } = {};
    beforeAll(async () => {
      on.cluster = await startCluster(options);
      if (fixtures) await applyFixtures(on.cluster);
    });
    // Absent when it did not start.
    afterAll(() => on.cluster?.stop());
    body(on as OnCluster);
  });
}

async function whyUnavailable(version: string): Promise<BinariesUnavailableError | undefined> {
  try {
    await provisionBinaries(version);
    return undefined;
  } catch (error) {
    if (error instanceof BinariesUnavailableError) return error;
    throw error;
  }
}
