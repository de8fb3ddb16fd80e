import { expect, it } from 'vitest';
import { backUp, changeShop, openShop, shopSelection } from './shop.ts';
import { describeWithEditor } from './suite.ts';
import { openWorkbench } from './workbench.ts';

await describeWithEditor(
  'beside the Kubernetes extension',
  {
    installed: ['extension', 'kubernetesStub'],
    async prepare({ cluster, dataHome }) {
      await openShop(cluster);
      await backUp(cluster, dataHome, 'before-upgrade', shopSelection);
      await changeShop(cluster);
      await cluster.kubectl(['set', 'image', 'deployment/web', 'web=registry.example.com/web:2.0.0', '-n', 'shop']);
    },
  },
  (on) => {
    it("shows backups under its active cluster, and serves its rows' menus, before its own view was ever opened", async () => {
      await using window = await openWorkbench(on.browser, on.server);
      const kubernetes = window.page.locator('.activitybar').getByRole('tab', { name: /^Kubernetes/ });
      await kubernetes.click();
      await window.expand(/^Backups/);
      await window.row(/^before-upgrade/).click();
      await expect.poll(() => window.title()).toContain('before-upgrade.yaml');

      await window.menu('shop', 'Back Up This Namespace…');
      await window.question(/Create Backup of platform-engineer: \d+ objects/);
      await window.page.keyboard.press('Escape');

      await window.menu('web', 'Show History…');
      await window.pick(/deployments\.apps\/web -n shop: 1 version/, /before-upgrade/);
      await expect.poll(() => window.title()).toContain('web (live in platform-engineer ↔ before-upgrade)');

      // The preview brings its own view to the front: a click on the icon of a view that is open would close it.
      await window.menu('web', 'Preview Restore');
      await window.row(/^Preview of restoring deployments\.apps\/web .*, 1 change/).waitFor();
    });
  },
);
