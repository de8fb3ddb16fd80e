import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startCodeServer, type CodeServer } from './code-server.ts';
import { backUp, changeShop, openShop } from './shop.ts';
import { describeOnEditor } from './suite.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

await describeOnEditor('browsing backups in the editor', (on) => {
  let dataHome: string;
  let server: CodeServer;
  let window: Workbench;
  beforeAll(async () => {
    dataHome = await mkdtemp(join(tmpdir(), 'infrabackup-data-'));
    await openShop(on.cluster);
    await backUp(on.cluster, dataHome, 'before-upgrade', { rules: [{ includeNamespaces: ['shop'] }] });
    await changeShop(on.cluster);
    server = await startCodeServer(on.editor, {
      extensions: [on.packages.extension, on.packages.kubernetesStub],
      env: {
        KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath,
        STUB_KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath,
        XDG_DATA_HOME: dataHome,
      },
    });
    window = await openWorkbench(on.browser, server);
  });
  afterAll(async () => {
    await window[Symbol.asyncDispose]();
    await server.stop();
    await rm(dataHome, { recursive: true });
  });
  afterEach(() => window.command('View: Close All Editors'));

  it('opens an object as it was, two clicks from its namespace', async () => {
    await window.openBackups();
    await window.expand(/^Backup before-upgrade/, /^Namespace shop/, /^ConfigMap, /);
    await window.row('ConfigMap web').click();
    await expect.poll(() => editorText(window)).toContain('colour: blue');
    expect(await window.page.locator('.tab.active').textContent()).toContain('web.yaml');
  });

  it('compares an object with the live one side by side', async () => {
    await window.inline('ConfigMap web', 'Compare with Live');
    const diff = window.page.locator('.monaco-diff-editor');
    await expect.poll(() => diff.locator('.editor.original .view-lines').innerText()).toContain('red');
    await expect.poll(() => diff.locator('.editor.modified .view-lines').innerText()).toContain('blue');
  });

  it('finds objects by words', async () => {
    await window.command('Infrabackup: Filter Objects');
    await window.answer('shop/worker');
    await window.expand(/^Backup before-upgrade/, /^Namespace shop, 1 object/, /^ConfigMap, 1 object/);
    await window.row('ConfigMap worker').waitFor();
    await window.command('Infrabackup: Clear Filter');
    await window.row(/^Namespace shop, 10 objects/).waitFor();
  });

  it('keeps the kubeconfig as it is when another context is chosen', async () => {
    await window.command('Infrabackup: Select Cluster Context');
    await window.choose(/platform-engineer/);
    await expect.poll(() => window.page.locator('.statusbar-item', { hasText: 'platform-engineer' }).count()).toBe(1);
    const { stdout } = await on.cluster.kubectl(['config', 'current-context']);
    expect(stdout.trim()).toBe('platform-engineer');
  });

  it('talks to nobody but the editor itself', () => {
    expect([...window.hosts]).toEqual(['127.0.0.1']);
  });
});

async function editorText({ page }: Workbench): Promise<string> {
  const lines = await page.locator('.editor-instance .view-lines').first().innerText();
  return lines.replaceAll('\u00a0', ' ');
}
