import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCodeServer, type CodeServer } from './code-server.ts';
import { backUp, changeShop, configMap, openShop, password, readShop } from './shop.ts';
import { describeOnEditor } from './suite.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const pictures = resolve(import.meta.dirname, '../../extension/media/screenshots');
/** Enough that a restore of them can be cancelled in its middle. */
const manyObjects = 6_000;

await describeOnEditor('previewing and restoring in the editor', (on) => {
  let dataHome: string;
  let server: CodeServer;
  let window: Workbench;
  beforeAll(async () => {
    dataHome = await mkdtemp(join(tmpdir(), 'infrabackup-data-'));
    await openShop(on.cluster);
    await backUp(on.cluster, dataHome, 'before-upgrade', { rules: [{ includeNamespaces: ['shop'] }] });
    await changeShop(on.cluster);
    server = await startCodeServer(on.editor, {
      extensions: [on.packages.extension],
      env: { KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath, XDG_DATA_HOME: dataHome },
    });
    window = await openWorkbench(on.browser, server);
    await window.openBackups();
  });
  afterAll(async () => {
    await window[Symbol.asyncDispose]();
    await server.stop();
    await rm(dataHome, { recursive: true });
  });

  /** Pictures for the README are taken where somebody wants new ones. */
  async function picture(name: string): Promise<void> {
    if (process.env['SCREENSHOTS'] !== 'true') return;
    await window.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  const preview = /^Preview of restoring before-upgrade into platform-engineer/;

  it('shows what a restore would change, by verdict, namespace and type, before anything is changed', async () => {
    await window.inline(/^Backup before-upgrade/, 'Preview Restore');
    await window.row(/^Preview of .*, 2 changes/).waitFor();
    await window.expand(/^Will be created, 1 object/, /^Will be created: shop/, /^Will be created: configmaps/);
    await window.row('configmaps worker, created').waitFor();
    expect(await readShop(on.cluster, 'worker', 'queue')).toBe('');
    expect(await readShop(on.cluster, 'web', 'colour')).toBe('red');
  });

  it('opens one change side by side: live left, after the restore right', async () => {
    await window.expand(/^Will be changed, 1 object/, /^Will be changed: shop/, /^Will be changed: configmaps/);
    await window.row('configmaps web, changed').click();
    const diff = window.page.locator('.monaco-diff-editor');
    await expect.poll(() => diff.locator('.editor.original .view-lines').innerText()).toContain('red');
    await expect.poll(() => diff.locator('.editor.modified .view-lines').innerText()).toContain('blue');
    await picture('preview');
  });

  it('opens all changes in one editor', async () => {
    await window.inline(preview, 'Open All Changes');
    await expect.poll(() => window.page.locator('.multiDiffEntry').count()).toBe(2);
    await picture('all-changes');
  });

  it('restores one object after a question that names where, and Enter changes nothing', async () => {
    await window.menu('configmaps web, changed', 'Restore…');
    await expect
      .poll(() => window.dialog().innerText())
      .toMatch(/Restore 1 object of before-upgrade into platform-engineer/);
    expect(await window.dialog().innerText()).toMatch(/Namespaces: shop\s+Objects: 1 changed/);
    await picture('confirm');
    await window.page.keyboard.press('Enter');
    await window.dialog().waitFor({ state: 'detached' });
    expect(await readShop(on.cluster, 'web', 'colour')).toBe('red');

    await window.menu('configmaps web, changed', 'Restore…');
    await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
    await window.row(/^Restore of before-upgrade into platform-engineer, finished, .*, 1 updated/).waitFor();
    expect(await readShop(on.cluster, 'web', 'colour')).toBe('blue');
    expect(await readShop(on.cluster, 'worker', 'queue'), 'what was not picked').toBe('');
  });

  it('can be cancelled in the middle of a long restore, and resumed to its end', async () => {
    await on.cluster.kubectl(['create', 'namespace', 'bulk']);
    const names = Array.from({ length: manyObjects }, (_, i) => `item-${String(i).padStart(4, '0')}`);
    const api = on.cluster.client(on.cluster.admin, 8);
    const path = '/api/v1/namespaces/bulk/configmaps';
    await Promise.all(names.map((name) => api.request('POST', path, configMap(name, { filler: name }, 'bulk'))));
    await backUp(on.cluster, dataHome, 'bulky', { rules: [{ includeNamespaces: ['bulk'] }] });
    await api.request('DELETE', path);
    api.close();
    const restored = async (): Promise<number> => {
      const { stdout } = await on.cluster.kubectl(['get', 'configmaps', '--namespace', 'bulk', '--output', 'name']);
      return stdout.split('\n').filter((line) => line.includes('item-')).length;
    };

    await window.command('Infrabackup: Refresh');
    await window.inline(/^Backup bulky/, 'Preview Restore');
    const bulky = /^Preview of restoring bulky/;
    await window.row(bulky).waitFor();
    await window.inline(bulky, 'Restore…');
    await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
    const progress = await window.notification(/Restoring bulky/);
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await window.row(/^Restore of bulky .*interrupted/).waitFor();
    const reached = await restored();
    expect(reached).toBeLessThan(manyObjects);
    await new Promise((later) => setTimeout(later, 2_000));
    expect(await restored(), 'nothing goes on in the background').toBe(reached);

    await window.inline(/^Restore of bulky .*interrupted/, 'Resume Restore');
    await window.row(/^Restore of bulky .*finished/).waitFor({ timeout: 120_000 });
    expect(await restored()).toBe(manyObjects);
  });

  it('is used by the keyboard alone', async () => {
    await window.command('View: Close All Editors');
    await window.command('Focus on Backups View');
    for (const key of ['Home', 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowRight']) {
      await window.page.keyboard.press(key);
      await window.page.waitForTimeout(700);
    }
    const focused = window.page.locator('.part.sidebar .monaco-list-row.focused').first();
    expect(await focused.getAttribute('aria-label')).toMatch(/^(Namespace|Backup|Cluster-scoped|ConfigMap)/);
    await window.command('Infrabackup: Open Object of a Backup');
    await window.answer('before-upgrade');
    await window.answer('configmaps');
    await window.answer('web');
    await expect.poll(() => window.page.locator('.tab.active').textContent()).toContain('web.yaml');
  });

  it('tells verdicts apart without colours, in a high contrast theme too', async () => {
    // What the operating system says, which the editor follows.
    await window.page.emulateMedia({ forcedColors: 'active' });
    await window.page.locator('.monaco-workbench.hc-black, .monaco-workbench.hc-light').waitFor();
    await window.inline(/^Backup before-upgrade/, 'Preview Restore');
    await window.row(preview).waitFor();
    await expect.poll(() => window.row(/^Will be created/).count()).toBe(1);
    await picture('high-contrast');
  });

  it('has written no secret value into any log', async () => {
    const folder = resolve(server.home, '../user-data/logs');
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    expect(files.length).toBeGreaterThan(0);
    const encoded = Buffer.from(password).toString('base64');
    for (const { name, parentPath } of files) {
      const text = await readFile(join(parentPath, name), 'utf8');
      expect(text.includes(password) || text.includes(encoded), name).toBe(false);
    }
  });
});

await describeOnEditor('an untrusted workspace in the editor', (on) => {
  it('can browse and compare, and neither back up nor restore, nor name a kubeconfig', async () => {
    const dataHome = await mkdtemp(join(tmpdir(), 'infrabackup-data-'));
    await openShop(on.cluster);
    await backUp(on.cluster, dataHome, 'before-upgrade', { rules: [{ includeNamespaces: ['shop'] }] });
    await using server = await startCodeServer(on.editor, {
      extensions: [on.packages.extension],
      trust: false,
      settings: { 'security.workspace.trust.startupPrompt': 'never' },
      files: { '.vscode/settings.json': JSON.stringify({ 'infrabackup.kubeconfig': '/nowhere/their-kubeconfig' }) },
      env: { KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath, XDG_DATA_HOME: dataHome },
    });
    await using window = await openWorkbench(on.browser, server);
    await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await window.openBackups();
    await window.expand(/^Backup before-upgrade/, /^Namespace shop/, /^ConfigMap, /);
    await window.inline('ConfigMap web', 'Compare with Live');
    await expect.poll(() => window.page.locator('.tab.active').textContent()).toContain('live in platform-engineer');
    const create = window.page.locator('.part.sidebar').getByRole('button', { name: 'Create Backup…' });
    await window.row(/^Backup before-upgrade/).hover();
    expect(await create.isDisabled()).toBe(true);
    await window.inline(/^Backup before-upgrade/, 'Preview Restore');
    await window.row(/^Preview of restoring before-upgrade/).waitFor();
    await window.row(/^Preview of restoring before-upgrade/).hover();
    expect(
      await window
        .row(/^Preview of/)
        .getByRole('button', { name: 'Restore…' })
        .count(),
    ).toBe(0);
    await rm(dataHome, { recursive: true });
  });
});
