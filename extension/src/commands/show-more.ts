import type { Command } from '../app.ts';
import { isNode } from '../pick.ts';

/** Shows the next page of a long list, where its last row was clicked. */
export const showMore: Command = {
  id: 'infrabackup.showMore',
  run({ backups }, node) {
    if (isNode(node, 'more')) {
      backups.tree.showMore(node.parent);
      backups.provider.refresh(node.parent);
    }
    return Promise.resolve();
  },
};
