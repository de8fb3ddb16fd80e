import type { Command } from '../app.ts';
import { openChangeOf } from '../open-changes.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Opens one change of a preview: live left, after the restore right. */
export const openChange: Command = {
  id: 'infrabackup.openChange',
  async run(app, node) {
    if (isPreviewNode(node, 'change')) await openChangeOf(app, node);
  },
};
