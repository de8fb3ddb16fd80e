import { isAppError } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App, BackupsView } from './app.ts';
import { listOthers, openNamed } from './open-named.ts';
import { setContext } from './set-context.ts';
import { StatusBar } from './status-bar.ts';
import { nameOf, takenAtOf, type BackupTreeNode } from './views/backup-nodes.ts';
import { BackupTree } from './views/backup-tree.ts';
import { parseFilter, type ObjectFilter } from './views/object-filter.ts';
import type { LastBackup } from './views/status.ts';
import { TreeProvider } from './views/tree-provider.ts';

/** How long an empty view waits for the cluster before it says that it does not answer. */
const probeMs = 5_000;

/** Makes the Backups view, its empty states and the status bar item, which follow what the locations have. */
export function createBackupsView(
  app: Pick<App, 'host' | 'cluster' | 'locations' | 'log'>,
  onError: (error: unknown) => void,
): BackupsView & { dispose(): void } {
  const { clock } = app.host;
  const statusBar = new StatusBar(() => clock.now());
  let filter: ObjectFilter | undefined;
  let rows: readonly BackupTreeNode[] = [];

  async function follow(): Promise<void> {
    const context = await contextName(app, onError);
    statusBar.show(context, lastBackup(rows));
    const isEmpty = !rows.some(({ kind }) => kind !== 'notice');
    await setContext('hasContext', context !== undefined);
    await setContext('hasBackups', !isEmpty);
    await setContext('empty', isEmpty ? await whyEmpty(app, context) : undefined);
  }

  const tree = new BackupTree({
    locations: () => app.locations.list(),
    openStore: (name) => app.locations.open(name),
    openBackup: (location, name) => openNamed(app, location, name),
    listOthers,
    nowMs: () => clock.now(),
    filter: () => filter,
    onListed: (listed) => {
      rows = listed;
      follow().catch(onError);
    },
  });
  const provider = new TreeProvider(tree, onError);
  const view = vscode.window.createTreeView('infrabackup.backups', {
    treeDataProvider: provider,
    showCollapseAll: true,
    canSelectMany: false,
  });
  const refresh = (): void => {
    tree.refresh();
    provider.refresh();
  };
  const following = [app.cluster.onDidChange(() => void follow().catch(onError)), app.locations.onDidChange(refresh)];

  return {
    tree,
    provider,
    view,
    setFilter(text) {
      filter = parseFilter(text);
      view.message = filter === undefined ? '' : `Only objects with: ${text}`;
      tree.applyFilter();
      provider.refresh();
      setContext('isFiltered', filter !== undefined).catch(onError);
    },
    refresh,
    dispose() {
      vscode.Disposable.from(view, statusBar, ...following).dispose();
    },
  };
}

async function contextName(
  { cluster }: Pick<App, 'cluster'>,
  onError: (error: unknown) => void,
): Promise<string | undefined> {
  try {
    return (await cluster.contexts()).effective;
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** Which of the welcome texts of package.json fits a view without backups. */
async function whyEmpty({ cluster, log }: Pick<App, 'cluster' | 'log'>, context: string | undefined): Promise<string> {
  if (context === undefined) return 'noKubeconfig';
  try {
    await (await cluster.open(context)).reader.identity(AbortSignal.timeout(probeMs));
    return 'noBackups';
  } catch (error) {
    if (!isAppError(error)) throw error;
    log.warn(`${error.code}: ${error.message}`);
    return 'unreachable';
  }
}

function lastBackup(rows: readonly BackupTreeNode[]): LastBackup | undefined {
  const [newest] = rows
    .filter((row) => row.kind === 'backup' || row.kind === 'other-backup')
    .sort((a, b) => (takenAtOf(a) < takenAtOf(b) ? 1 : -1));
  if (newest !== undefined) {
    const isPartial = newest.kind === 'backup' && newest.summary.shortfalls.length > 0;
    return { name: nameOf(newest), state: isPartial ? 'partial' : 'complete', startedAt: takenAtOf(newest) };
  }
  const broken = rows.find((row) => row.kind === 'broken-backup');
  return broken && { name: broken.name, state: 'broken' };
}
