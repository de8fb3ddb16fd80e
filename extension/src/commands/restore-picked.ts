import { AppError, formatRight, isWrite, narrowPlan, refKey, type RestorePlan } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App, Command } from '../app.ts';
import { executeNew } from '../execute-restore.ts';
import { openChangeOf, openChangesOf } from '../open-changes.ts';
import { tellRestored } from '../tell-restored.ts';
import { isPreviewNode, objectsUnder, previewOf, type Preview, type PreviewTreeNode } from '../views/preview-nodes.ts';
import { describeWrites } from '../views/preview-tree.ts';
import { formatCount } from '../views/quantity.ts';
import { withProgress } from '../with-progress.ts';

/** Carries out what is picked of a preview, or one object or group of it: that plan, in the context it was made for. */
export const restorePicked: Command = {
  id: 'infrabackup.restorePicked',
  async run(app, node) {
    if (!isPreviewNode(node, 'preview', 'group', 'change')) return;
    const preview = previewOf(node);
    const plan = narrowPlan(preview.plan, isMeant(node, preview));
    refuseEmpty(plan);
    refuseWithoutRights(plan);
    const answer = await confirm(preview, plan);
    if (answer === 'review') await (node.kind === 'change' ? openChangeOf(app, node) : openChangesOf(node));
    if (answer === 'restore') await restore(app, preview, plan);
  },
};

async function restore(app: App, { context, location }: Preview, plan: RestorePlan): Promise<void> {
  const title = `Restoring ${plan.backup.name} into ${context}`;
  try {
    await withProgress({ title, where: 'notification' }, (signal, show) =>
      executeNew(app, { plan, location, context }, signal, show),
    );
  } finally {
    // Carried out or cut off, the plan is no longer what a restore would do.
    await app.restores.close(plan.id);
    app.documents.refresh();
  }
  await tellRestored(app, plan.id);
}

/** A row that was chosen alone means itself; the preview's own row means all that is picked. */
function isMeant(node: PreviewTreeNode, { picked }: Preview): Parameters<typeof narrowPlan>[1] {
  if (node.kind === 'preview') return ({ ref }) => picked.has(refKey(ref));
  const keys = new Set(objectsUnder(node).map(({ ref }) => refKey(ref)));
  return node.kind === 'change'
    ? ({ ref }) => keys.has(refKey(ref))
    : ({ ref }) => keys.has(refKey(ref)) && picked.has(refKey(ref));
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
async function confirm({ context }: Preview, plan: RestorePlan): Promise<'restore' | 'review' | 'cancel'> {
  const writes = plan.objects.filter(({ verdict }) => isWrite(verdict));
  const namespaces = [...new Set(writes.map(({ ref }) => ref.namespace ?? '(cluster-scoped)'))];
  const shown = namespaces.slice(0, 8).join(', ');
  const detail = [
    `Cluster: ${context} (${plan.cluster.server})`,
    `Namespaces: ${shown}${namespaces.length > 8 ? ` and ${namespaces.length - 8} more` : ''}`,
    `Objects: ${describeWrites(plan.counts)}`,
    `Existing objects: ${plan.options.existing}`,
    ...(plan.otherCluster === true ? ['This is ANOTHER CLUSTER than the one that was backed up.'] : []),
  ];
  // Enter presses the first button, so that is one that changes nothing.
  const review = 'Review Changes';
  const button = plan.otherCluster === true ? 'Restore to Other Cluster' : 'Restore';
  const question = `Restore ${formatCount(writes.length, 'object')} of ${plan.backup.name} into ${context}?`;
  const options = { modal: true, detail: detail.join('\n') };
  const choice = await vscode.window.showWarningMessage(question, options, review, button);
  return choice === button ? 'restore' : choice === review ? 'review' : 'cancel';
}
