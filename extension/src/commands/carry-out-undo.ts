import type { Command } from '../app.ts';
import { carryOut } from '../carry-out.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Takes a restore back as it was previewed. */
export const carryOutUndo: Command = {
  id: 'infrabackup.carryOutUndo',
  async run(app, node) {
    if (isPreviewNode(node, 'preview') && node.preview.kind === 'undo') await carryOut(app, node, node.preview.plan);
  },
};
