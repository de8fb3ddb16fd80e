import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { findRow, theExtension, until, type Api } from './the-extension.ts';

describe('documents', () => {
  let api: Api;
  before(async () => {
    api = await theExtension().activate();
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  async function open(...way: readonly string[]): Promise<vscode.TextDocument> {
    await vscode.commands.executeCommand('infrabackup.openObject', await findRow(api, ...way));
    return vscode.window.activeTextEditor!.document;
  }

  it('show an object of a backup as YAML that has an outline and cannot be edited', async () => {
    const document = await open('local', 'nightly', 'shop', 'ConfigMap', 'web');
    assert.equal(document.languageId, 'yaml');
    assert.match(document.getText(), /^apiVersion: v1\nkind: ConfigMap\n/);
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    assert.deepEqual(
      symbols.map(({ name }) => name),
      ['apiVersion', 'kind', 'metadata', 'data'],
    );
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme), undefined);
  });

  it('mask the values of Secrets', async () => {
    const document = await open('local', 'nightly', 'shop', 'Secret', 'token');
    assert.match(document.getText(), /password: ['"]\*\*\*['"]/);
    assert.doesNotMatch(document.getText(), /aHVudGVy|hunter/);
  });

  it('show what the server owns when the setting says so, at once', async () => {
    const document = await open('local', 'nightly', 'shop', 'ConfigMap', 'web');
    assert.doesNotMatch(document.getText(), /managedFields|resourceVersion/);
    const configuration = vscode.workspace.getConfiguration('infrabackup');
    await configuration.update('diff.hideNoise', false, vscode.ConfigurationTarget.Global);
    try {
      await until('the document shows managed fields', () => document.getText().includes('managedFields:'));
    } finally {
      await configuration.update('diff.hideNoise', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('compare an object with the live one, left', async () => {
    const row = await findRow(api, 'local', 'nightly', 'shop', 'ConfigMap', 'web');
    await vscode.commands.executeCommand('infrabackup.compareWithLive', row);
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab!;
    assert.equal(tab.label, 'web (live in platform-engineer ↔ nightly)');
    const input = tab.input as vscode.TabInputTextDiff;
    const [live, backup] = await Promise.all(
      [input.original, input.modified].map((uri) => vscode.workspace.openTextDocument(uri)),
    );
    assert.match(live!.getText(), /colour: red/);
    assert.match(backup!.getText(), /colour: blue/);
    assert.doesNotMatch(live!.getText(), /resourceVersion|uid/);
  });

  it('say in the document what a backup that is gone cannot say', async () => {
    const query = JSON.stringify({
      show: 'whole',
      of: { from: 'backup', location: '/nowhere', backup: 'gone', ref: { type: 'configmaps', name: 'a' } },
    });
    const uri = vscode.Uri.from({ scheme: 'infrabackup', path: '/gone/a.yaml', query });
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /^# .*gone/);
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});
