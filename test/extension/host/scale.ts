import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { slowdown } from './slowdown.ts';
import { findRow, theExtension, until, type Api, type Row } from './the-extension.ts';

/** What a person does not notice as a pause. */
const pauseMs = 100;

describe('at scale', () => {
  let api: Api;
  before(async () => {
    api = await theExtension().activate();
  });

  it('opens a type of 100,000 objects without a pause of the host', async () => {
    const namespace = await findRow(api, 'local', 'many', 'many');
    const [type] = await api.backups.children(namespace);
    assert.equal(api.backups.view(type!).accessibleName, 'ConfigMap, 100,000 objects');
    const barMs = pauseMs * slowdown();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const before = process.threadCpuUsage();
    const startedMs = performance.now();
    const rows = await api.backups.children(type);
    const tookMs = performance.now() - startedMs;
    const { user, system } = process.threadCpuUsage(before);
    delay.disable();
    const busyMs = (user + system) / 1000;
    const measured = `${tookMs.toFixed(0)} ms by the clock, ${busyMs.toFixed(0)} ms busy, longest pause ${(delay.max / 1e6).toFixed(0)} ms, bar ${barMs.toFixed(0)} ms`;
    console.log(`measured: 100,000 objects ${measured}`);
    assert.equal(rows.length, 501, 'one page, and the row for more');
    assert.ok(busyMs < barMs, measured);

    const more = rows.at(-1)!;
    assert.equal(api.backups.view(more).label, 'Show more (99,500 left)');
    await vscode.commands.executeCommand('infrabackup.showMore', more);
    assert.equal((await api.backups.children(type)).length, 1_001);
  });

  it('opens as many changes at once as the setting lets, in reasonable time, and refuses more', async () => {
    for (const count of [50, 100, 200]) {
      const preview = await previewOf(count);
      const startedMs = performance.now();
      await vscode.commands.executeCommand('infrabackup.openChanges', preview);
      const opened = (): number =>
        vscode.workspace.textDocuments.filter(({ uri, lineCount }) => uri.scheme === 'infrabackup' && lineCount > 1)
          .length;
      await until(`${count} changes are open`, () => opened() >= count);
      console.log(`measured: ${count} changes are open after ${(performance.now() - startedMs).toFixed(0)} ms`);
      await close(preview);
    }
    const tooMany = await previewOf(400);
    await vscode.commands.executeCommand('infrabackup.openChanges', tooMany);
    assert.equal(vscode.window.tabGroups.activeTabGroup.tabs.length, 0);
    await close(tooMany);
  });

  async function previewOf(count: number): Promise<Row> {
    const namespace = await findRow(api, 'local', 'bulky', `bulk-${count}`);
    await vscode.commands.executeCommand('infrabackup.previewRestore', namespace);
    const [preview] = await api.restores.children();
    assert.match(api.restores.view(preview!).accessibleName, new RegExp(`, ${count} changes$`));
    return preview!;
  }

  async function close(preview: Row): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('infrabackup.closePreview', preview);
    await vscode.commands.executeCommand('notifications.clearAll');
  }
});
