import type * as vscode from 'vscode';
import type { ClusterSession, Host } from './cluster/cluster-session.ts';
import type { KubernetesExtension } from './cluster/kubernetes-extension.ts';
import type { ObjectDocuments } from './documents/object-documents.ts';
import type { UserLocations } from './user-locations.ts';
import type { OpenPreview, PreviewRequest } from './previews.ts';
import type { BackupTreeNode } from './views/backup-nodes.ts';
import type { BackupTree } from './views/backup-tree.ts';
import type { RestoreTree, RestoreTreeNode } from './views/restore-tree.ts';
import type { PreviewTree } from './views/preview-tree.ts';
import type { TreeProvider } from './views/tree-provider.ts';

/** What every command works with; made once, at activation. */
export interface App {
  readonly host: Host;
  readonly log: vscode.LogOutputChannel;
  readonly cluster: ClusterSession;
  readonly kubernetes: KubernetesExtension;
  readonly documents: ObjectDocuments;
  readonly backups: BackupsView;
  readonly restores: RestoresView;
  /** The user's locations, which the plugin uses too. */
  readonly locations: UserLocations;
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

/** The Restores view. */
export interface RestoresView {
  readonly tree: RestoreTree;
  readonly previews: PreviewTree;
  readonly provider: TreeProvider<RestoreTreeNode>;
  readonly decorations: vscode.FileDecorationProvider;
  /** An open preview by its plan's id. */
  preview(id: string): OpenPreview | undefined;
  /** Plans a restore or an undo, with progress that can be cancelled, and shows it. */
  open(asked: PreviewRequest): Promise<OpenPreview>;
  /** Forgets a preview and what was kept for it. */
  close(id: string): Promise<void>;
  /** Looks at the runs anew. */
  refresh(): void;
}

/** One command: what the palette, a menu or a key runs. */
export interface Command {
  /** As package.json names it. */
  readonly id: string;
  /** `args` are what the caller gives: a tree's node, or nothing, when the command asks. */
  readonly run: (app: App, ...args: readonly unknown[]) => Promise<unknown>;
}
