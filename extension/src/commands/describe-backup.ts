import * as vscode from 'vscode';
import type { Command } from '../app.ts';
import { summaryDocument } from '../documents/document-uri.ts';
import { backupFrom } from '../pick.ts';

/** Opens what a backup says of itself. */
export const describeBackup: Command = {
  id: 'infrabackup.describeBackup',
  async run(app, node) {
    const { parent, summary } = await backupFrom(app, node);
    const uri = vscode.Uri.parse(summaryDocument(parent.location, summary.name), true);
    await vscode.window.showTextDocument(uri, { preview: true });
  },
};
