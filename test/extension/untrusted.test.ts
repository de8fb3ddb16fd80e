import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backUp, openShop, shopSelection } from './shop.ts';
import { describeInWindow } from './suite.ts';

await describeInWindow(
  'an untrusted workspace in the editor',
  {
    async prepare({ cluster, dataHome }) {
      await openShop(cluster);
      await backUp(cluster, dataHome, 'before-upgrade', shopSelection);
    },
    trust: false,
    settings: { 'security.workspace.trust.startupPrompt': 'never' },
    files: { '.vscode/settings.json': JSON.stringify({ 'infrabackup.kubeconfig': '/nowhere/their-kubeconfig' }) },
  },
  (on) => {
    it('can browse and compare, by the kubeconfig of the user and not by its own', async () => {
      const { window } = on;
      await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
      await window.expand(/^Backup before-upgrade/, /^Namespace shop/, /^ConfigMap, /);
      await window.inline('ConfigMap web', 'Compare with Live');
      await expect.poll(() => window.title()).toContain('live in platform-engineer');
    });

    it('can preview a restore, and neither restore nor back up', async () => {
      const { window } = on;
      const create = window.page.locator('.part.sidebar').getByRole('button', { name: 'Create Backup…' });
      await window.row(/^Backup before-upgrade/).hover();
      expect(await create.isDisabled()).toBe(true);
      await on.cluster.kubectl(['delete', 'configmap', 'worker', '--namespace', 'shop']);
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      const preview = window.row(/^Preview of restoring before-upgrade into platform-engineer, 1 change/);
      await preview.hover();
      await preview.getByRole('button', { name: 'Open All Changes' }).waitFor();
      const restore = preview.getByRole('button', { name: 'Restore…' });
      expect((await restore.count()) === 0 || (await restore.isDisabled())).toBe(true);
    });

    it('says what is missing where there are no backups, and lets create one when trust is given', async () => {
      const { window, dataHome } = on;
      await rm(join(dataHome, 'infrabackup'), { recursive: true });
      await window.command('Infrabackup: Refresh');
      const sideBar = window.page.locator('.part.sidebar');
      await sideBar.getByText('There are no backups here, and creating one needs a trusted workspace.').waitFor();
      expect(await sideBar.getByText('There are no backups yet.').count()).toBe(0);
      await sideBar.getByRole('button', { name: 'Manage Workspace Trust' }).click();
      await window.page.getByText('You are in Restricted Mode').waitFor();
      await window.page.getByRole('button', { name: 'Trust', exact: true }).click();
      await sideBar.getByText('There are no backups yet.').waitFor();
      expect(await sideBar.getByRole('button', { name: 'Create Backup', exact: true }).first().isEnabled()).toBe(true);
      // It is a dialog, which keeps the key of the palette to itself.
      await window.page.keyboard.press('Escape');
    });
  },
);
