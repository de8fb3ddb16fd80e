/** The entry: the one place that touches the process. Nothing is read or asked before a view is shown or a command runs. */
import { openBackup, type Manifest, type ObjectRef, type Store } from '@infrabackup/core';
import * as vscode from 'vscode';
import manifest from '../package.json' with { type: 'json' };
import type { App } from './app.ts';
import { createBackupsView } from './backups-view.ts';
import { ClusterSession, defaultLocation, type Host } from './cluster/cluster-session.ts';
import { KubernetesExtension } from './cluster/kubernetes-extension.ts';
import { commands } from './commands/commands.ts';
import { documentScheme } from './documents/document-uri.ts';
import { ObjectDocuments } from './documents/object-documents.ts';
import { changes, settings } from './settings.ts';
import { showError } from './show-error.ts';

/** What other extensions, and the tests, get of this one. */
export interface Api {
  /** How long `activate` took, in milliseconds. */
  readonly activationMs: number;
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
  const locations = (): readonly string[] => [...new Set([defaultLocation(host.env), ...settings.locations()])];
  const kubernetes = new KubernetesExtension(log);
  const cluster = new ClusterSession(host, context.workspaceState, kubernetes);
  const backups = createBackupsView({ host, log, cluster, locations, openStore }, onError);
  const documents = new ObjectDocuments(
    {
      backup: readStored,
      summary: async (location, backup) => (await openBackup(await openStore(location), backup)).summary,
      live: (name, ref) => cluster.readLive(name, ref),
    },
    onError,
  );
  const app: App = { host, log, cluster, kubernetes, backups, documents, openStore, locations };

  context.subscriptions.push(
    log,
    kubernetes,
    cluster,
    backups,
    vscode.workspace.registerTextDocumentContentProvider(documentScheme, documents),
    vscode.languages.registerDocumentSymbolProvider({ scheme: documentScheme }, documents, { label: 'Manifest' }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changes(event, 'locations')) backups.refresh();
      if (changes(event, 'diff.hideNoise')) documents.refresh();
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
  return { activationMs: performance.now() - startedMs };
}

async function openStore(location: string): Promise<Store> {
  const { openStore: open } = await import('@infrabackup/storage');
  return open(location, { workingFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? process.cwd() });
}

async function readStored(location: string, name: string, ref: ObjectRef): Promise<Manifest | undefined> {
  const backup = await openBackup(await openStore(location), name);
  const entry = await backup.find(ref);
  return entry && (JSON.parse((await backup.read(entry)).toString('utf8')) as Manifest);
}
