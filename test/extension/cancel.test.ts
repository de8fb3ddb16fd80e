import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy.ts';
import { backUp, emptyBulk, openBulk } from './shop.ts';
import { describeInWindow } from './suite.ts';

const objects = 300;
/** How many are restored before the server takes no more. */
const taken = 100;
const busy: Fault = { kind: 'refused', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 };

let proxy: FaultProxy;

await describeInWindow(
  'a long restore in the editor',
  {
    async prepare({ cluster, dataHome }) {
      await openBulk(cluster, 'bulk', objects);
      await backUp(cluster, dataHome, 'bulky', { rules: [{ includeNamespaces: ['bulk'] }] });
      await emptyBulk(cluster, 'bulk');
    },
    async env({ cluster }) {
      proxy = await startFaultProxy(cluster);
      return { KUBECONFIG: proxy.user.kubeconfigPath };
    },
  },
  (on) => {
    afterAll(() => proxy[Symbol.asyncDispose]());

    async function restored(): Promise<number> {
      const { stdout } = await on.cluster.kubectl(['get', 'configmaps', '-n', 'bulk', '-o', 'name']);
      return stdout.split('\n').filter((line) => line.includes('item-')).length;
    }

    it('can be cancelled in its middle, which really stops it, and resumed to its end', async () => {
      const { window } = on;
      await window.inline(/^Backup bulky/, 'Preview Restore');
      const preview = /^Preview of restoring bulky/;
      await window.row(preview).waitFor();
      let created = 0;
      proxy.fault = ({ method, path }) => {
        const isCreation =
          method === 'POST' && path.includes('/namespaces/bulk/configmaps') && !path.includes('dryRun');
        return isCreation && created++ >= taken ? busy : undefined;
      };
      await window.inline(preview, 'Restore…');
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      const progress = await window.notification(/Restoring bulky/);
      await expect.poll(restored).toBe(taken);
      await progress.getByRole('button', { name: 'Cancel' }).click();
      await window.row(/^Restore of bulky .*unfinished/).waitFor();
      await window.page
        .locator('.activitybar')
        .getByRole('tab', { name: /^Backups.* 1 run not finished/ })
        .waitFor();
      proxy.fault = () => undefined;
      // Whoever was not stopped asks again by then.
      await sleep(3_000);
      expect(await restored(), 'nothing goes on in the background').toBe(taken);

      await window.inline(/^Restore of bulky .*unfinished/, 'Resume Restore');
      await window.row(/^Restore of bulky .*done/).waitFor({ timeout: 120_000 });
      expect(await restored()).toBe(objects);
    });
  },
);
