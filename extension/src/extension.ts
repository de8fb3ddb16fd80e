/** The entry: the one place that touches the process. Nothing is read or asked before a view is shown or a command runs. */
import * as vscode from 'vscode';
import manifest from '../package.json' with { type: 'json' };
import type { App } from './app.ts';
import { createBackupsView } from './backups-view.ts';
import { ClusterSession, type Host } from './cluster/cluster-session.ts';
import { contributeNodes } from './cluster/contribute-nodes.ts';
import { KubernetesExtension } from './cluster/kubernetes-extension.ts';
import { commands } from './commands/commands.ts';
import { documentScheme } from './documents/document-uri.ts';
import { ObjectDocuments } from './documents/object-documents.ts';
import { readManifest } from './read-manifest.ts';
import { createRestoresView } from './restores-view.ts';
import { changes } from './settings.ts';
import { showError } from './show-error.ts';
import { UserLocations } from './user-locations.ts';
import { userRunsFor } from './user-runs.ts';
import type { BackupTreeNode } from './views/backup-nodes.ts';
import type { TreeModel } from './views/item-view.ts';
import type { RestoreTreeNode } from './views/restore-tree.ts';

/** What other extensions, and the tests, get of this one. */
export interface Api {
  /** How long `activate` took, in milliseconds. */
  readonly activationMs: number;
  /** The rows of the Backups view. */
  readonly backups: TreeModel<BackupTreeNode>;
  /** The rows of the Restores view. */
  readonly restores: TreeModel<RestoreTreeNode>;
  /** The context that counts in this workspace; undefined where there is none. */
  context(): Promise<string | undefined>;
}

export function activate(context: vscode.ExtensionContext): Api {
  const startedMs = performance.now();
  const host: Host = {
    env: process.env,
    clock: { now: () => Date.now() },
    random: Math.random,
    userAgent: `vscode-infrabackup/${manifest.version}`,
  };
  const log = vscode.window.createOutputChannel('Infrabackup', { log: true });
  const onError = (error: unknown): void => void showError(error, log);
  const locations = new UserLocations(host);
  const kubernetes = new KubernetesExtension(log);
  const cluster = new ClusterSession(host, context.workspaceState, kubernetes);
  const backups = createBackupsView({ host, log, cluster, locations }, onError);
  const restores = createRestoresView({ host, log, cluster, locations }, onError);
  const documents = new ObjectDocuments(
    {
      backup: async (location, name, ref) => readManifest(await backups.tree.opened.openByName(location, name), ref),
      async summary(location, name) {
        const { header, summary } = await backups.tree.opened.openByName(location, name);
        return summary ?? header;
      },
      live: (name, ref) => cluster.readLive(name, ref),
      kept: async (run, ref) => readManifest(await (await userRunsFor({ cluster, locations }, run)).openKept(run), ref),
      preview: async (id, ref) => restores.preview(id)?.sides(ref),
    },
    onError,
  );
  const app: App = { host, log, cluster, kubernetes, backups, restores, documents, locations };

  context.subscriptions.push(
    log,
    kubernetes,
    locations,
    cluster,
    backups,
    restores,
    vscode.window.registerFileDecorationProvider(restores.decorations),
    vscode.workspace.registerTextDocumentContentProvider(documentScheme, documents),
    vscode.languages.registerDocumentSymbolProvider({ scheme: documentScheme }, documents, { label: 'Manifest' }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changes(event, 'encryption')) backups.refresh();
      if (changes(event, 'diff.hideNoise', 'encryption')) documents.refresh();
    }),
    ...commands.map(({ id, run }) =>
      vscode.commands.registerCommand(id, async (...args: readonly unknown[]) => {
        try {
          await run(app, ...args);
        } catch (error) {
          onError(error);
        }
      }),
    ),
  );
  // Not waited for: it starts the Kubernetes extension, where that is installed.
  contributeNodes(app).catch(onError);
  return {
    activationMs: performance.now() - startedMs,
    backups: backups.tree,
    restores: restores.tree,
    context: async () => (await cluster.contexts()).effective,
  };
}
