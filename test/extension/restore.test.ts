import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkplace } from '../support/plugin.ts';
import { backUp, changeShop, openShop, password, readShop, shopSelection } from './shop.ts';
import { describeInWindow } from './suite.ts';

const pictures = resolve(import.meta.dirname, '../../extension/media/screenshots');

interface Kubeconfig {
  readonly clusters: { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly contexts: { readonly name: string; readonly context: { readonly cluster: string; readonly user: string } }[];
}

await describeInWindow(
  'previewing, restoring and undoing in the editor',
  {
    async prepare({ cluster, dataHome }) {
      await openShop(cluster);
      await backUp(cluster, dataHome, 'before-upgrade', shopSelection);
      await changeShop(cluster);
    },
    async env({ cluster, dataHome }) {
      const config = JSON.parse(await readFile(cluster.clusterAdmin.kubeconfigPath, 'utf8')) as Kubeconfig;
      config.clusters.push({ name: 'dead', cluster: { server: 'https://127.0.0.1:1' } });
      const { user } = config.contexts[0]!.context;
      config.contexts.push({ name: 'elsewhere', context: { cluster: 'dead', user } });
      const path = join(dataHome, 'kubeconfig');
      await writeFile(path, JSON.stringify(config));
      return { KUBECONFIG: path };
    },
  },
  (on) => {
    const preview = /^Preview of restoring before-upgrade into platform-engineer/;
    const changed = [/^Will be changed, 1 object/, /^Will be changed: shop/, /^Will be changed: configmaps/] as const;
    const created = [/^Will be created, 1 object/, /^Will be created: shop/, /^Will be created: configmaps/] as const;

    /** Pictures for the README are taken where somebody wants new ones, in a window of their size. */
    async function picture(name: string): Promise<void> {
      if (process.env['SCREENSHOTS'] !== 'true') return;
      const { page } = on.window;
      const size = page.viewportSize()!;
      await page.setViewportSize({ width: 1400, height: 860 });
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(pictures, `${name}.png`) });
      await page.setViewportSize(size);
    }

    /** What the shop has: the colour of one ConfigMap, and whether the deleted one is there. */
    async function shop(): Promise<string> {
      return `${await readShop(on.cluster, 'web', 'colour')} ${await readShop(on.cluster, 'worker', 'queue')}`;
    }

    it('shows what a restore would change, by verdict, namespace and type, before anything is changed', async () => {
      const { window } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.row(/^Preview of .*, 2 changes/).waitFor();
      await window.expand(...created);
      await window.row('configmaps worker, created').waitFor();
      expect(await shop()).toBe('red ');
    });

    it('opens one change side by side: live left, after the restore right', async () => {
      const { window } = on;
      await window.expand(...changed);
      await window.row('configmaps web, changed').click();
      await expect.poll(() => window.text(window.diff().left)).toContain('red');
      await expect.poll(() => window.text(window.diff().right)).toContain('blue');
      await picture('preview');
    });

    it('shows an empty side where an object would be created', async () => {
      const { window } = on;
      await window.expand(...created);
      await window.row('configmaps worker, created').click();
      await expect.poll(() => window.text(window.diff().right)).toContain('queue: orders');
      expect((await window.text(window.diff().left)).trim()).toBe('');
    });

    it('opens all changes in one editor', async () => {
      const { window } = on;
      await window.inline(preview, 'Open All Changes');
      await expect.poll(() => window.page.locator('.multiDiffEntry').count()).toBe(2);
      await picture('all-changes');
    });

    it('marks in the backup what would change, with a badge', async () => {
      const { window } = on;
      await window.expand(/^Backup before-upgrade/, /^Namespace shop/, /^ConfigMap, /);
      await expect.poll(() => window.badge('ConfigMap web')).toBe('~');
      await expect.poll(() => window.badge('ConfigMap worker')).toBe('+');
    });

    it('restores one object after a question that names where, and Enter changes nothing', async () => {
      const { window } = on;
      await window.menu('configmaps web, changed', 'Restore…');
      await expect
        .poll(() => window.dialog().innerText())
        .toMatch(/Restore 1 object of before-upgrade into platform-engineer/);
      expect(await window.dialog().innerText()).toMatch(/Namespaces: shop\s+Objects: 1 changed/);
      await picture('confirm');
      await window.page.keyboard.press('Enter');
      await window.dialog().waitFor({ state: 'detached' });
      expect(await shop()).toBe('red ');

      await window.menu('configmaps web, changed', 'Restore…');
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      await window.row(/^Restore of before-upgrade into platform-engineer, done, .*, 1 updated/).waitFor();
      expect(await shop(), 'what was not picked is not restored').toBe('blue ');
    });

    it('tells what a restore did to each object, and shows it before and now', async () => {
      const { window } = on;
      await window.expand(/^Restore of before-upgrade/);
      await window.row('configmaps/web -n shop, updated').click();
      await expect.poll(() => window.title()).toContain('web (before ↔ live in platform-engineer)');
      await expect.poll(() => window.text(window.diff().left)).toContain('red');
      await expect.poll(() => window.text(window.diff().right)).toContain('blue');
    });

    it('undoes a restore: shows what that would change, asks, and does it', async () => {
      const { window } = on;
      await window.inline(/^Restore of before-upgrade/, 'Undo Restore…');
      const undo = /^Preview of undoing the restore of before-upgrade into platform-engineer, 1 change/;
      await window.row(undo).waitFor();
      expect(await shop()).toBe('blue ');
      await window.inline(undo, 'Open All Changes');
      await expect.poll(() => window.text(window.diff().left)).toContain('blue');
      await expect.poll(() => window.text(window.diff().right)).toContain('red');
      await window.inline(undo, 'Undo…');
      await expect.poll(() => window.dialog().innerText()).toMatch(/Undo the restore of before-upgrade/);
      await window.dialog().getByRole('button', { name: 'Undo', exact: true }).click();
      await window.row(/^Undo of the restore of before-upgrade into platform-engineer, done, .*, 1 updated/).waitFor();
      expect(await shop()).toBe('red ');
      await window.row(/^Restore of before-upgrade into platform-engineer, done, undone/).waitFor();
    });

    it('leaves out of a restore what is not ticked', async () => {
      const { window } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.expand(preview, ...created);
      await window
        .row(/^Will be changed, 1 object/)
        .getByRole('checkbox')
        .click();
      await window.row(/^Preview of .*, 2 changes, 1 picked/).waitFor();
      await window.inline(preview, 'Restore…');
      await expect.poll(() => window.dialog().innerText()).toMatch(/Restore 1 object .*Objects: 1 created/s);
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      await window.notification(/Restored before-upgrade into platform-engineer: 1 created/);
      expect(await shop()).toBe('red orders');
    });

    it('undoes from the message that says what was restored, what was created by deleting it', async () => {
      const { window } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.row(preview).waitFor();
      await window.inline(preview, 'Restore…');
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      const told = await window.notification(/Restored before-upgrade into platform-engineer: 1 updated/);
      expect(await shop()).toBe('blue orders');
      await told.getByRole('button', { name: 'Undo…' }).click();
      await window.inline(/^Preview of undoing/, 'Undo…');
      await window.dialog().getByRole('button', { name: 'Undo', exact: true }).click();
      await expect.poll(shop).toBe('red orders');
    });

    it('carries a preview out in the context that it was made for, whatever has been chosen since', async () => {
      const { window } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.focused(preview);
      await window.command('Infrabackup: Select Cluster Context');
      await window.pick(/Which cluster/, /elsewhere/);
      await window.page.locator('.statusbar-item', { hasText: 'elsewhere' }).waitFor();
      await window.inline(preview, 'Restore…');
      await expect.poll(() => window.dialog().innerText()).toMatch(/Cluster: platform-engineer/);
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      await window.notification(/Restored before-upgrade into platform-engineer: 1 updated/);
      expect(await shop()).toBe('blue orders');
      await window.inline(/^Restore of before-upgrade/, 'Undo Restore…');
      await window.inline(/^Preview of undoing .* into platform-engineer/, 'Undo…');
      await window.dialog().getByRole('button', { name: 'Undo', exact: true }).click();
      await expect.poll(shop).toBe('red orders');
      await window.command('Infrabackup: Select Cluster Context');
      await window.pick(/Which cluster/, /Follow the kubeconfig/);
      await window.page.locator('.statusbar-item', { hasText: 'platform-engineer' }).waitFor();
    });

    it('undoes the restore that the palette asks for', async () => {
      const { window } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.row(preview).waitFor();
      await window.inline(preview, 'Restore…');
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      await expect.poll(shop).toBe('blue orders');
      await window.notification(/Restored before-upgrade into platform-engineer: 1 updated/);
      await window.command('Infrabackup: Undo Restore');
      await window.pick(/Undo which restore/, /^Restore of before-upgrade.*1 updated/);
      await window.inline(/^Preview of undoing/, 'Undo…');
      await window.dialog().getByRole('button', { name: 'Undo', exact: true }).click();
      await expect.poll(shop).toBe('red orders');
    });

    it('has its runs undone by the plugin, and shows that', async () => {
      const { window, server, cluster, dataHome } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.row(preview).waitFor();
      await window.inline(preview, 'Restore…');
      await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
      await expect.poll(shop).toBe('blue orders');
      const places = { XDG_DATA_HOME: dataHome, XDG_STATE_HOME: join(server.home, '.local/state') };
      await using workplace = await openWorkplace(cluster.clusterAdmin, places);
      const [id] = (await workplace.succeed('restores', '-o', 'name')).split('\n');
      await workplace.succeed('undo', id!, '--yes');
      expect(await shop()).toBe('red orders');
      await window.command('Infrabackup: Refresh');
      await window.row(/^Undo of the restore of before-upgrade/).waitFor();
      await window.row(/^Restore of before-upgrade into platform-engineer, done, undone/).waitFor();
    });

    it('previews anew under another conflict policy', async () => {
      const { window } = on;
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.menu(preview, 'Conflict Policy…');
      await window.pick(/What becomes of objects that exist and differ/, /^Skip/);
      await window.row(/^Preview of restoring before-upgrade into platform-engineer, nothing to change/).waitFor();
      await window.menu(/^Preview of .*, nothing to change/, 'Close Preview');
      await expect.poll(() => window.row(/^Preview of/).count()).toBe(0);
    });

    it('has written no secret value into any log', async () => {
      const files = await readdir(on.server.logs, { recursive: true, withFileTypes: true });
      const encoded = Buffer.from(password).toString('base64');
      let read = 0;
      for (const { name, parentPath } of files.filter((file) => file.isFile())) {
        const text = await readFile(join(parentPath, name), 'utf8');
        expect(text.includes(password) || text.includes(encoded), name).toBe(false);
        if (!name.includes('Infrabackup') || !text.includes('restore ')) continue;
        read++;
        const ids = (pattern: RegExp): Set<string> => new Set([...text.matchAll(pattern)].map(([, id]) => id!));
        const planned = ids(/: plan (\S+)$/gm);
        for (const id of ids(/\] (?:restore|undo) (\S+) in /g))
          expect(planned, 'only plans are carried out').toContain(id);
      }
      expect(read, "the extension's own log").toBe(1);
    });
  },
);
