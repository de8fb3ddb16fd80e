import { AppError, isWrite, type PlannedObject } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App } from './app.ts';
import { previewDocument } from './documents/document-uri.ts';
import { settings } from './settings.ts';
import { previewOf, writesUnder, type ChangeNode, type PreviewTreeNode } from './views/preview-nodes.ts';

/** Opens one object of a plan: what would change, or, where nothing is written, live beside the backup. */
export async function openChangeOf(app: App, node: ChangeNode): Promise<void> {
  const { object } = node;
  const { kind, plan, context, location } = previewOf(node);
  const { ref, source = ref } = object;
  if (kind === 'restore' && !isWrite(object.verdict)) {
    const right = { from: 'backup', location: location.name, backup: plan.backup.name, ref: source } as const;
    await app.documents.compare({ from: 'live', context, ref }, right);
    return;
  }
  const [live, after] = sidesOf(plan.id, object);
  await vscode.commands.executeCommand('vscode.diff', live, after, `${ref.name} (live ↔ after ${kind})`);
}

/** Opens every change under a row in the multi-diff editor; refuses more than the setting allows. */
export async function openChangesOf(node: PreviewTreeNode): Promise<void> {
  const { kind, plan, title } = previewOf(node);
  const writes = writesUnder(node);
  const limit = settings.openAllLimit();
  if (writes.length > limit) {
    throw new AppError('USAGE', `${writes.length} changes are more than are opened at once (${limit})`, {
      hint: 'open a namespace or a type of the preview, or raise the setting infrabackup.diff.openAllLimit',
    });
  }
  const changes = writes.map((object) => {
    const [live, after] = sidesOf(plan.id, object);
    // What is created has no left side, and what is deleted no right one.
    const left = object.verdict === 'create' ? undefined : live;
    return [after, left, object.verdict === 'delete' ? undefined : after];
  });
  await vscode.commands.executeCommand(
    'vscode.changes',
    `${kind === 'undo' ? 'Undo the restore of' : 'Restore'} ${title}`,
    changes,
  );
}

function sidesOf(plan: string, { ref }: PlannedObject): readonly [live: vscode.Uri, after: vscode.Uri] {
  const uri = (side: 'live' | 'after'): vscode.Uri => vscode.Uri.parse(previewDocument(plan, side, ref), true);
  return [uri('live'), uri('after')];
}
