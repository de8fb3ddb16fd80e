import * as vscode from 'vscode';
import type { Command } from '../app.ts';
import { backupDocument } from '../documents/document-uri.ts';
import { objectFrom } from '../pick.ts';

/** Opens an object of a backup as read-only YAML. */
export const openObject: Command = {
  id: 'infrabackup.openObject',
  async run(app, node) {
    const { location, summary, ref } = await objectFrom(app, node);
    const uri = vscode.Uri.parse(backupDocument(location, summary.name, ref), true);
    await vscode.window.showTextDocument(uri, { preview: true });
  },
};
