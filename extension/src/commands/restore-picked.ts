import { narrowPlan, refKey } from '@infrabackup/core';
import type { Command } from '../app.ts';
import { carryOut } from '../carry-out.ts';
import { isPreviewNode, objectsUnder, previewOf, type Preview, type PreviewTreeNode } from '../views/preview-nodes.ts';

/** Carries out what is picked of a preview, or one object or group of it: that plan, in the context it was made for. */
export const restorePicked: Command = {
  id: 'infrabackup.restorePicked',
  async run(app, node) {
    if (!isPreviewNode(node, 'preview', 'group', 'change')) return;
    const preview = previewOf(node);
    if (preview.kind === 'restore') await carryOut(app, node, narrowPlan(preview.plan, isMeant(node, preview)));
  },
};

/** A row that was chosen alone means itself; the preview's own row means all that is picked. */
function isMeant(node: PreviewTreeNode, { picked }: Preview): Parameters<typeof narrowPlan>[1] {
  if (node.kind === 'preview') return ({ ref }) => picked.has(refKey(ref));
  const keys = new Set(objectsUnder(node).map(({ ref }) => refKey(ref)));
  return node.kind === 'change'
    ? ({ ref }) => keys.has(refKey(ref))
    : ({ ref }) => keys.has(refKey(ref)) && picked.has(refKey(ref));
}
