import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { findRow, theExtension, until, type Api } from './the-extension.ts';

/** The API of the stub beside what the real one has. */
interface Stub {
  setKubeconfig(path: string): void;
}

const kubeconfig = (current: string): string =>
  JSON.stringify({
    'current-context': current,
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    contexts: ['one', 'two'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
    users: [{ name: 'u', user: {} }],
  });

describe('the cluster context', () => {
  let api: Api;
  let folder: string;
  before(async () => {
    api = await theExtension().activate();
    folder = await mkdtemp(join(tmpdir(), 'infrabackup-kubeconfig-'));
  });
  after(async () => {
    await setSetting(undefined);
    await rm(folder, { recursive: true });
  });

  async function write(name: string, current: string): Promise<string> {
    await writeFile(join(folder, name), kubeconfig(current));
    return join(folder, name);
  }

  async function setSetting(path: string | undefined): Promise<void> {
    const configuration = vscode.workspace.getConfiguration('infrabackup');
    await configuration.update('kubeconfig', path, vscode.ConfigurationTarget.Global);
  }

  it("is that of KUBECONFIG, of the Kubernetes extension's file once it has one, and of the setting before both", async () => {
    assert.equal(await api.context(), 'platform-engineer');
    const stub = vscode.extensions.getExtension<Stub>('ms-kubernetes-tools.vscode-kubernetes-tools')!;
    stub.exports.setKubeconfig(await write('theirs', 'one'));
    assert.equal(await api.context(), 'one');
    await setSetting(await write('ours', 'two'));
    assert.equal(await api.context(), 'two');
    await setSetting(undefined);
    stub.exports.setKubeconfig('');
    assert.equal(await api.context(), 'platform-engineer');
  });

  it('is reached by the proxy that its kubeconfig names, whatever the editor has made of the network modules', async () => {
    await setSetting(join(process.env['XDG_DATA_HOME']!, 'proxied-kubeconfig'));
    // Not one that another test has read: an editor keeps documents for a while.
    const row = await findRow(api, 'local', 'nightly', 'shop', 'ConfigMap', 'kube-root-ca.crt');
    await vscode.commands.executeCommand('infrabackup.compareWithLive', row);
    const { original } = vscode.window.tabGroups.activeTabGroup.activeTab!.input as vscode.TabInputTextDiff;
    assert.match((await vscode.workspace.openTextDocument(original)).getText(), /ca\.crt: \|/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await setSetting(undefined);
  });

  it('follows the file when somebody switches it', async () => {
    const path = await write('followed', 'one');
    await setSetting(path);
    assert.equal(await api.context(), 'one');
    await write('followed', 'two');
    await until('the context is the new one', async () => (await api.context()) === 'two');
    assert.equal(await readFile(path, 'utf8'), kubeconfig('two'), 'the file is as it was');
  });
});
