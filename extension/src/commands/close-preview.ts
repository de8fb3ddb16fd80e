import type { Command } from '../app.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Closes a preview; nothing was changed by it. */
export const closePreview: Command = {
  id: 'infrabackup.closePreview',
  async run({ restores }, node) {
    if (isPreviewNode(node, 'preview')) await restores.close(node.preview.plan.id);
  },
};
