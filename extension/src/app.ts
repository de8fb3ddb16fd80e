import type { Store } from '@infrabackup/core';
import type * as vscode from 'vscode';
import type { ClusterSession, Host } from './cluster/cluster-session.ts';
import type { KubernetesExtension } from './cluster/kubernetes-extension.ts';
import type { ObjectDocuments } from './documents/object-documents.ts';
import type { BackupTreeNode } from './views/backup-nodes.ts';
import type { BackupTree } from './views/backup-tree.ts';
import type { TreeProvider } from './views/tree-provider.ts';

/** What every command works with; made once, at activation. */
export interface App {
  readonly host: Host;
  readonly log: vscode.LogOutputChannel;
  readonly cluster: ClusterSession;
  readonly kubernetes: KubernetesExtension;
  readonly documents: ObjectDocuments;
  readonly backups: BackupsView;
  /** Opens a location by its URI or path. */
  openStore(location: string): Promise<Store>;
  /** The locations that are looked into, the default one first. */
  locations(): readonly string[];
}

/** The Backups view. */
export interface BackupsView {
  readonly tree: BackupTree;
  readonly provider: TreeProvider<BackupTreeNode>;
  readonly view: vscode.TreeView<BackupTreeNode>;
  /** Shows only objects that match; an empty text shows all. */
  setFilter(text: string): void;
  /** Looks into the locations anew. */
  refresh(): void;
}

/** One command: what the palette, a menu or a key runs. */
export interface Command {
  /** As package.json names it. */
  readonly id: string;
  /** `args` are what the caller gives: a tree's node, or nothing, when the command asks. */
  readonly run: (app: App, ...args: readonly unknown[]) => Promise<unknown>;
}
