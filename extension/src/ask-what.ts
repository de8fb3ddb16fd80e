import { presetAll, presetInfra, parseLabelSelector, resolveType, type Selection } from '@infrabackup/core';
import type { BackupSpec } from '@infrabackup/formats';
import * as vscode from 'vscode';
import type { OpenCluster } from './cluster/cluster-session.ts';
import { askText, pickOne, problemOf } from './pick.ts';

/** What is to be backed up; a specification may say with which labels, and for how long. */
export type Wanted = Pick<BackupSpec, 'selection'> & Partial<Pick<BackupSpec, 'labels' | 'ttlMs'>>;

/** What is to be backed up, as the user chooses: a preset, namespaces, a label, or what a file says. */
export async function askWhat(cluster: OpenCluster, log: vscode.LogOutputChannel): Promise<Wanted> {
  const { ask } = await pickOne<vscode.QuickPickItem & { readonly ask: () => Wanted | Promise<Wanted> }>(
    [
      {
        label: '$(globe) Everything',
        description: 'all',
        detail: 'The whole cluster, but for noise that no restore wants',
        ask: () => ({ selection: presetAll() }),
      },
      {
        label: '$(shield) Policy and infrastructure',
        description: 'infra',
        detail: 'Policy and configuration of all namespaces, and the whole of the infrastructure',
        ask: () => ({ selection: presetInfra() }),
      },
      {
        label: '$(symbol-namespace) Some namespaces…',
        detail: 'All that is in them, and the definitions of their custom resources',
        ask: async () => ({ selection: await askNamespaces(cluster) }),
      },
      {
        label: '$(tag) By label…',
        detail: 'Objects whose labels match, as `kubectl -l` takes it',
        ask: async () => ({ selection: await askLabels() }),
      },
      {
        label: '$(file-code) What a file says…',
        detail: 'A Velero Backup or Schedule, a ResourceSet, a k8s_backup_target, or one of `spec convert`',
        ask: () => askSpec(log),
      },
    ],
    `Back up what of ${cluster.context}?`,
  );
  return ask();
}

async function askNamespaces(cluster: OpenCluster): Promise<Selection> {
  const chosen = await vscode.window.showQuickPick(listNamespaces(cluster), {
    canPickMany: true,
    ignoreFocusOut: true,
    placeHolder: 'Which namespaces?',
  });
  // None is no choice; it never means all.
  if (chosen === undefined || chosen.length === 0) throw new vscode.CancellationError();
  return { rules: [{ includeNamespaces: chosen }] };
}

async function listNamespaces({ reader, discovery }: OpenCluster): Promise<string[]> {
  const type = resolveType('namespaces', (await discovery()).types, 'the cluster');
  const names: string[] = [];
  for await (const { objects } of reader.list({ type })) names.push(...objects.map(({ name }) => name));
  return names;
}

async function askLabels(): Promise<Selection> {
  const labelSelector = await askText({
    title: 'Create Backup by Label',
    placeHolder: 'app=web, tier in (front,back), !legacy',
    validateInput: (text) =>
      problemOf(() => parseLabelSelector(text)) ?? (text.trim() === '' ? 'a selector' : undefined),
  });
  return { rules: [{ labelSelector }] };
}

async function askSpec(log: vscode.LogOutputChannel): Promise<Wanted> {
  const title = 'What to Back Up';
  const [file] =
    (await vscode.window.showOpenDialog({ title, filters: { Specifications: ['yaml', 'yml', 'json'] } })) ?? [];
  if (file === undefined) throw new vscode.CancellationError();
  const text = (await vscode.workspace.openTextDocument(file)).getText();
  const { parseSpecs } = await import('@infrabackup/formats');
  const specs = parseSpecs(text, file.fsPath);
  const items = specs.map((spec) => ({ label: spec.name, description: spec.dialect, spec }));
  const { spec } = items.length === 1 ? items[0]! : await pickOne(items, 'Which of the specifications in the file?');
  // What it asks for and a backup of objects does not have.
  for (const note of spec.notes) log.warn(note);
  if (spec.notes.length > 0) void vscode.window.showWarningMessage(spec.notes.join(' '));
  return spec;
}
