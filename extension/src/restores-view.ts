import * as vscode from 'vscode';
import { summarizeRun, type RunRecord } from '@infrabackup/core';
import type { App, RestoresView } from './app.ts';
import { openPreview, type OpenPreview } from './previews.ts';
import { userRuns } from './user-runs.ts';
import { ChangeDecorations } from './views/change-decorations.ts';
import { pick } from './views/preview-nodes.ts';
import { PreviewTree } from './views/preview-tree.ts';
import { RestoreTree, type RestoreTreeNode } from './views/restore-tree.ts';
import { TreeProvider } from './views/tree-provider.ts';
import { formatCount } from './views/quantity.ts';
import { withProgress } from './with-progress.ts';

/** Makes the Restores view: previews, whose changes can be picked by their check boxes, and below them the runs. */
export function createRestoresView(
  app: Pick<App, 'host' | 'cluster' | 'locations' | 'log'>,
  onError: (error: unknown) => void,
): RestoresView & { dispose(): void } {
  let previews: readonly OpenPreview[] = [];
  const previewTree = new PreviewTree(() => previews);
  const nowMs = (): number => app.host.clock.now();
  const tree = new RestoreTree({
    previews: previewTree,
    runs: () => readRuns(app),
    nowMs,
    onRead(runs) {
      const unfinished = runs.filter((run) => summarizeRun(run).status === 'unfinished').length;
      const tooltip = `${formatCount(unfinished, 'run')} not finished`;
      view.badge = unfinished === 0 ? undefined : { value: unfinished, tooltip };
    },
  });
  const provider = new TreeProvider<RestoreTreeNode>(tree, onError);
  const view = vscode.window.createTreeView('infrabackup.restores', {
    treeDataProvider: provider,
    showCollapseAll: true,
    // The rows below a closed one are picked with it, though the editor has never seen them.
    manageCheckboxStateManually: true,
  });
  const decorations = new ChangeDecorations(() => previews);
  const picking = view.onDidChangeCheckboxState(({ items }) => {
    for (const [node, state] of items) {
      if (node.kind !== 'run' && node.kind !== 'result') pick(node, state === vscode.TreeItemCheckboxState.Checked);
    }
    provider.refresh();
  });

  // The plugin restores, too.
  const looking = view.onDidChangeVisibility(({ visible }) => {
    if (visible) provider.refresh();
  });

  function show(changed: readonly OpenPreview[]): void {
    previews = changed;
    provider.refresh();
    decorations.refresh();
  }

  return {
    tree,
    previews: previewTree,
    provider,
    decorations,
    preview: (id) => previews.find(({ plan }) => plan.id === id),
    async open(asked) {
      const what = asked.kind === 'undo' ? `what the restore of ${asked.title} left` : asked.title;
      const title = `Comparing ${what} with the live cluster`;
      const opened = await withProgress({ title, where: 'notification' }, (signal, showProgress) =>
        openPreview(app, asked, signal, showProgress),
      );
      app.log.info(`previewed ${asked.kind} of ${asked.title} in ${opened.context}: plan ${opened.plan.id}`);
      show([...previews, opened]);
      await view.reveal({ kind: 'preview', preview: opened }, { expand: true, focus: true });
      return opened;
    },
    async close(id) {
      const closed = previews.filter(({ plan }) => plan.id === id);
      show(previews.filter(({ plan }) => plan.id !== id));
      await Promise.all(closed.map((preview) => preview.close()));
    },
    refresh: () => provider.refresh(),
    dispose() {
      vscode.Disposable.from(view, picking, looking).dispose();
      for (const preview of previews) preview.close().catch(onError);
    },
  };
}

/** Older runs are left to the plugin. */
const shownRuns = 20;

async function readRuns(app: Pick<App, 'cluster' | 'locations'>): Promise<readonly RunRecord[]> {
  const { store } = await userRuns(app);
  const heads = (await store.list()).slice(0, shownRuns);
  return Promise.all(heads.map(({ id }) => store.read(id)));
}
