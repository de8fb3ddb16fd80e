import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { startSlowWire, type NetworkDouble } from '../support/network-doubles.ts';
import { backUp, emptyBulk, openBulk } from './shop.ts';
import { describeInWindow } from './suite.ts';

/** With a wire as slow as this, enough that a restore of them can be cancelled in its middle. */
const objects = 300;
const delayMs = 150;

let wire: NetworkDouble;

await describeInWindow(
  'a long restore in the editor',
  {
    async prepare({ cluster, dataHome }) {
      await openBulk(cluster, 'bulk', objects);
      await backUp(cluster, dataHome, 'bulky', { rules: [{ includeNamespaces: ['bulk'] }] });
      await emptyBulk(cluster, 'bulk');
    },
    async env({ cluster, dataHome }) {
      wire = await startSlowWire(cluster.serverUrl, delayMs);
      const direct = await readFile(cluster.clusterAdmin.kubeconfigPath, 'utf8');
      const slow = join(dataHome, 'slow-kubeconfig');
      await writeFile(slow, direct.replaceAll(cluster.serverUrl, `https://127.0.0.1:${wire.port}`));
      return { KUBECONFIG: slow };
    },
  },
  (on) => {
    afterAll(() => wire[Symbol.asyncDispose]());

    async function restored(): Promise<number> {
      const { stdout } = await on.cluster.kubectl(['get', 'configmaps', '-n', 'bulk', '-o', 'name']);
      return stdout.split('\n').filter((line) => line.includes('item-')).length;
    }

    it('can be cancelled in its middle, which really stops it, and resumed to its end', async () => {
      const { window } = on;
      await window.inline(/^Backup bulky/, 'Preview Restore');
      const preview = /^Preview of restoring bulky/;
      await window.row(preview).waitFor();
      await window.inline(preview, 'Restore…');
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      const progress = await window.notification(/Restoring bulky/);
      await expect.poll(restored).toBeGreaterThan(0);
      await progress.getByRole('button', { name: 'Cancel' }).click();
      await window.row(/^Restore of bulky .*unfinished/).waitFor();
      await window.page
        .locator('.activitybar')
        .getByRole('tab', { name: /^Backups.* 1 run not finished/ })
        .waitFor();
      const reached = await restored();
      expect(reached).toBeLessThan(objects);
      await sleep(10 * delayMs);
      expect(await restored(), 'nothing goes on in the background').toBe(reached);

      await window.inline(/^Restore of bulky .*unfinished/, 'Resume Restore');
      await window.row(/^Restore of bulky .*done/).waitFor({ timeout: 120_000 });
      expect(await restored()).toBe(objects);
    });
  },
);
