import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { slowdown } from './slowdown.ts';
import { theExtension } from './the-extension.ts';

interface Contributions {
  readonly commands: readonly { readonly command: string; readonly category?: string }[];
}

describe('activation', () => {
  it('takes less than 100 ms of a usual processor, loading the bundle included', async () => {
    const extension = theExtension();
    assert.equal(extension.isActive, false, 'nothing may have activated it yet');
    // Not while the editor itself still starts; and the thread's own time, not that of a machine that others use.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const barMs = 100 * slowdown();
    const before = process.threadCpuUsage();
    const startedMs = performance.now();
    const { activationMs } = await extension.activate();
    const wallMs = performance.now() - startedMs;
    const { user, system } = process.threadCpuUsage(before);
    const busyMs = (user + system) / 1000;
    const measured = `${busyMs.toFixed(1)} ms busy, ${wallMs.toFixed(1)} ms by the clock, activate() ${activationMs.toFixed(1)} ms, bar ${barMs.toFixed(0)} ms`;
    console.log(`measured: activation ${measured}`);
    assert.ok(busyMs < barMs, measured);
  });

  it('registers exactly the commands of package.json, each with a category', async () => {
    const { contributes } = theExtension().packageJSON as { contributes: Contributions };
    const declared = contributes.commands.map(({ command }) => command).sort();
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^infrabackup\.[a-zA-Z]+$/.test(id));
    assert.deepEqual(registered.sort(), declared);
    for (const { command, category } of contributes.commands) assert.equal(category, 'Infrabackup', command);
  });
});
