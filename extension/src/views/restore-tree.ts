import type { RunRecord } from '@infrabackup/core';
import type { ItemView, TreeModel } from './item-view.ts';
import type { PreviewTreeNode } from './preview-nodes.ts';
import type { PreviewTree } from './preview-tree.ts';
import { resultsOf, runNodes, runView, type RunTreeNode } from './run-nodes.ts';

/** Any row of the Restores view. */
export type RestoreTreeNode = PreviewTreeNode | RunTreeNode;

/** What the tree stands on. */
export interface RestoreTreeOptions {
  readonly previews: PreviewTree;
  /** The runs of this user, newest first. */
  readonly runs: () => Promise<readonly RunRecord[]>;
  readonly nowMs: () => number;
  /** Told of the runs when they have been read. */
  readonly onRead?: (runs: readonly RunRecord[]) => void;
}

/** Previews, which nothing has been done of yet, and below them what was done. */
export class RestoreTree implements TreeModel<RestoreTreeNode> {
  readonly #options: RestoreTreeOptions;

  constructor(options: RestoreTreeOptions) {
    this.#options = options;
  }

  async children(node?: RestoreTreeNode): Promise<readonly RestoreTreeNode[]> {
    const { previews, runs } = this.#options;
    switch (node?.kind) {
      case undefined: {
        const read = await runs();
        this.#options.onRead?.(read);
        return [...(await previews.children()), ...runNodes(read)];
      }
      case 'run':
        return resultsOf(node);
      case 'result':
        return [];
      case 'preview':
      case 'group':
      case 'change':
      case 'more-changes':
        return previews.children(node);
    }
  }

  parent(node: RestoreTreeNode): RestoreTreeNode | undefined {
    if (node.kind === 'run') return undefined;
    return node.kind === 'result' ? node.parent : this.#options.previews.parent(node);
  }

  view(node: RestoreTreeNode): ItemView {
    const { previews, nowMs } = this.#options;
    return node.kind === 'run' || node.kind === 'result' ? runView(node, nowMs()) : previews.view(node);
  }
}
