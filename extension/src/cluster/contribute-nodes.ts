import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { allBackups } from '../pick.ts';
import { nameOf, takenAtOf } from '../views/backup-nodes.ts';
import { formatWhen } from '../views/quantity.ts';
import type { ClusterExplorerNode, ContributedNode } from './kubernetes-extension.ts';

/** Newer ones than these stand in the Backups view. */
const shownBackups = 10;

/**
 * Puts a folder "Backups" under the active cluster in the Kubernetes extension's tree, where that is installed.
 *
 * For this alone package.json has an activation event, that of their view: the editor starts nobody for a view of
 * another extension by itself. Where that is not installed, the event never comes.
 *
 * Source: https://github.com/vscode-kubernetes-tools/vscode-kubernetes-tools/blob/master/docs/extending/clusterexplorernodes.md#activating-your-extension
 */
export async function contributeNodes(app: App): Promise<void> {
  const explorer = await app.kubernetes.clusterExplorer();
  explorer?.registerNodeContributor({
    contributesChildren: (parent) => parent?.nodeType === 'context',
    getChildren: () => Promise.resolve([backupsFolder(app)]),
  });
}

function backupsFolder(app: App): ContributedNode {
  return {
    getChildren: async () => (await backupRows(app)).slice(0, shownBackups),
    getTreeItem() {
      const item = new vscode.TreeItem('Backups', vscode.TreeItemCollapsibleState.Collapsed);
      item.iconPath = new vscode.ThemeIcon('archive');
      item.contextValue = 'infrabackup backups';
      return item;
    },
  };
}

async function backupRows(app: App): Promise<readonly ContributedNode[]> {
  const now = app.host.clock.now();
  return (await allBackups(app)).map((node): ContributedNode => {
    return {
      getChildren: () => Promise.resolve([]),
      getTreeItem() {
        const item = new vscode.TreeItem(nameOf(node));
        item.description = formatWhen(takenAtOf(node), now);
        item.iconPath = new vscode.ThemeIcon('package');
        item.contextValue = 'infrabackup backup';
        item.command = { command: 'infrabackup.describeBackup', title: 'Show Summary', arguments: [node] };
        return item;
      },
    };
  });
}

/** An object of the cluster that a menu of the Kubernetes extension was opened on. */
export interface ClusterTarget {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** What a menu of the Kubernetes extension gave a command; undefined for anything else. */
export async function clusterTarget(app: App, argument: unknown): Promise<ClusterTarget | undefined> {
  const node: ClusterExplorerNode | undefined = (await app.kubernetes.clusterExplorer())?.resolveCommandTarget(
    argument,
  );
  if (node?.nodeType !== 'resource' || node.name === undefined || node.resourceKind === undefined) return undefined;
  return { kind: node.resourceKind.manifestKind, namespace: node.namespace ?? undefined, name: node.name };
}
