import type { Command } from '../app.ts';
import { isNode } from '../pick.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Shows the next page of a long list, where its last row was clicked. */
export const showMore: Command = {
  id: 'infrabackup.showMore',
  run({ backups, restores }, node) {
    if (isPreviewNode(node, 'more-changes')) {
      restores.previews.showMore(node.parent);
      restores.provider.refresh(node.parent);
    }
    if (isNode(node, 'more')) {
      backups.tree.showMore(node.parent);
      backups.provider.refresh(node.parent);
    }
    return Promise.resolve();
  },
};
