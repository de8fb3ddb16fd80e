import { AppError, formatRight, isWrite, type RestorePlan } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App } from './app.ts';
import { executeNew } from './execute-run.ts';
import { openChangeOf, openChangesOf } from './open-changes.ts';
import type { OpenPreview } from './previews.ts';
import { tellDone } from './tell-done.ts';
import { previewOf, type ChangeNode, type GroupNode, type Preview, type PreviewNode } from './views/preview-nodes.ts';
import { describeWrites } from './views/preview-tree.ts';
import { formatCount } from './views/quantity.ts';
import { withProgress } from './with-progress.ts';

/** Asks whether a preview's plan, or the part of it under a row, is to be carried out, and does that and nothing else. */
export async function carryOut(app: App, node: PreviewNode | GroupNode | ChangeNode, plan: RestorePlan): Promise<void> {
  const preview = app.restores.preview(plan.id);
  if (preview === undefined) return;
  refuseEmpty(plan);
  refuseWithoutRights(plan);
  const answer = await confirm(previewOf(node), plan);
  if (answer === 'review') await (node.kind === 'change' ? openChangeOf(app, node) : openChangesOf(node));
  if (answer === 'do') await execute(app, preview, plan);
}

async function execute(app: App, preview: OpenPreview, plan: RestorePlan): Promise<void> {
  const what = preview.kind === 'undo' ? 'Undoing the restore of' : 'Restoring';
  const title = `${what} ${plan.backup.name} into ${preview.context}`;
  try {
    await withProgress({ title, where: 'notification' }, (signal, show) =>
      executeNew(app, preview, plan, signal, show),
    );
  } finally {
    // Carried out or cut off, the plan is no longer what would be done.
    await app.restores.close(plan.id);
    app.documents.refresh();
  }
  await tellDone(app, plan.id);
}

function refuseEmpty({ objects }: RestorePlan): void {
  if (objects.some(({ verdict }) => isWrite(verdict))) return;
  throw new AppError('USAGE', 'nothing is picked that would change', { hint: 'tick the changes to restore' });
}

function refuseWithoutRights({ missingRights }: RestorePlan): void {
  if (missingRights.length === 0) return;
  const named = missingRights.slice(0, 5).map(formatRight).join(', ');
  const more = missingRights.length > 5 ? ` and ${missingRights.length - 5} more` : '';
  throw new AppError('RIGHTS_MISSING', `you may not ${named}${more}; nothing was changed`, {
    hint: 'leave out what needs these rights, or ask for them',
  });
}

/** A modal question that names what is about to change, and where; the button is never the default one. */
async function confirm({ kind, context }: Preview, plan: RestorePlan): Promise<'do' | 'review' | 'cancel'> {
  const writes = plan.objects.filter(({ verdict }) => isWrite(verdict));
  const namespaces = [...new Set(writes.map(({ ref }) => ref.namespace ?? '(cluster-scoped)'))];
  const shown = namespaces.slice(0, 8).join(', ');
  const isElsewhere = kind === 'restore' && plan.otherCluster === true;
  const detail = [
    `Cluster: ${context} (${plan.cluster.server})`,
    `Namespaces: ${shown}${namespaces.length > 8 ? ` and ${namespaces.length - 8} more` : ''}`,
    `Objects: ${describeWrites(plan.counts)}`,
    ...(kind === 'restore' ? [`Existing objects: ${plan.options.existing}`] : []),
    ...(isElsewhere ? ['This is ANOTHER CLUSTER than the one that was backed up.'] : []),
  ];
  // Enter presses the first button, so that is one that changes nothing.
  const review = 'Review Changes';
  const button = kind === 'undo' ? 'Undo' : isElsewhere ? 'Restore to Other Cluster' : 'Restore';
  const count = formatCount(writes.length, 'object');
  const question =
    kind === 'undo'
      ? `Undo the restore of ${plan.backup.name} into ${context}: ${count}?`
      : `Restore ${count} of ${plan.backup.name} into ${context}?`;
  const options = { modal: true, detail: detail.join('\n') };
  const choice = await vscode.window.showWarningMessage(question, options, review, button);
  return choice === button ? 'do' : choice === review ? 'review' : 'cancel';
}
