import * as vscode from 'vscode';
import type { Command } from '../app.ts';
import { backupSide, kindOf, objectFrom } from '../pick.ts';

/** Opens the comparison of an object of a backup, left, with its manifest in a YAML file. */
export const compareWithFile: Command = {
  id: 'infrabackup.compareWithFile',
  async run(app, node) {
    const object = await objectFrom(app, node);
    const [file] =
      (await vscode.window.showOpenDialog({
        title: `The manifest of ${object.ref.name}`,
        openLabel: 'Compare',
        filters: { Manifests: ['yaml', 'yml', 'json'] },
      })) ?? [];
    if (file === undefined) throw new vscode.CancellationError();
    const left = backupSide(object);
    const { ref } = left;
    await app.documents.compare(left, { from: 'file', file: file.toString(), kind: kindOf(object), ref });
  },
};
