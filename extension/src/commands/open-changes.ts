import type { Command } from '../app.ts';
import { openChangesOf } from '../open-changes.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Opens all changes of a preview, or of a group of it, in one editor. */
export const openChanges: Command = {
  id: 'infrabackup.openChanges',
  async run(_app, node) {
    if (isPreviewNode(node, 'preview', 'group')) await openChangesOf(node);
  },
};
