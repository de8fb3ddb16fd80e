import * as vscode from 'vscode';
import type { Command } from '../app.ts';
import { askText, pickOne } from '../pick.ts';

/** Adds a folder or a URI to the user's locations, which the plugin knows then too. */
export const addLocation: Command = {
  id: 'infrabackup.addLocation',
  async run(app) {
    const folder = { label: '$(folder) A folder…', isFolder: true };
    const uri = { label: '$(cloud) A URI…', description: 'as `kubectl infrabackup --from` takes it', isFolder: false };
    const { isFolder } = await pickOne([folder, uri], 'Where do the backups lie?');
    const location = isFolder ? await askFolder() : await askText({ title: 'Add Location', placeHolder: 's3://…' });
    const name = await askText({ title: 'Add Location', prompt: `A name for ${location}`, placeHolder: 'team' });
    await app.locations.add(name, location);
  },
};

async function askFolder(): Promise<string> {
  const [folder] =
    (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, openLabel: 'Add' })) ?? [];
  if (folder === undefined) throw new vscode.CancellationError();
  return folder.fsPath;
}
