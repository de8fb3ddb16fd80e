import {
  countPlanned,
  createBackup as takeBackup,
  defaultBackupName,
  isAppError,
  parseBackupName,
  parseLabelSelector,
  planBackup,
  presetAll,
  presetInfra,
  resolveType,
  typeName,
  type BackupEvent,
  type BackupPlan,
  type BackupSummary,
  type Encryption,
  type Selection,
} from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App, Command } from '../app.ts';
import type { OpenCluster } from '../cluster/cluster-session.ts';
import { askEncryption } from '../ask-encryption.ts';
import { askText, isNode, pickOne } from '../pick.ts';
import { objectCount } from '../views/backup-views.ts';
import { formatBytes, formatCount } from '../views/quantity.ts';
import { withProgress, type ShowProgress } from '../with-progress.ts';

/** Asks what, under which name and where; then backs up, with progress that can be cancelled. */
export const createBackup: Command = {
  id: 'infrabackup.createBackup',
  async run(app, node) {
    const cluster = await app.cluster.open();
    const selection = await askSelection(cluster);
    await backUp(app, cluster, selection, isNode(node, 'location') ? node.location : undefined);
  },
};

/** The rest of the wizard, for a selection that is already made. */
export async function backUp(app: App, cluster: OpenCluster, selection: Selection, into?: string): Promise<void> {
  const title = `Counting what would be backed up in ${cluster.context}`;
  const { plan, objects } = await withProgress({ title, where: 'notification' }, (signal) =>
    count(cluster, selection, signal),
  );
  const what = `${objects === undefined ? 'an unknown number of objects' : formatCount(objects, 'object')} of ${formatCount(plan.types.length, 'type')}`;
  const name = await askText({
    title: `Create Backup of ${cluster.context}: ${what}`,
    prompt: plan.undiscovered.length === 0 ? 'The name of the backup' : describeUndiscovered(plan),
    value: defaultBackupName(selection.preset, app.host.clock.now()),
    validateInput: problemOfName,
  });
  const location = into ?? (await askLocation(app));
  const encryption = await askEncryption(app);
  const summary = await withProgress(
    { title: `Backing up ${cluster.context}`, where: 'notification' },
    (signal, show) => execute(app, { cluster, plan, name, location, encryption, objects, signal, show }),
  );
  app.log.info(`backed up ${cluster.context} as ${name} in ${location}, ${summary.digest}`);
  app.backups.refresh();
  app.documents.refresh();
  // Not waited for: the command is done when the backup is.
  void tellResult(app, summary);
}

async function askSelection(cluster: OpenCluster): Promise<Selection> {
  const { ask } = await pickOne(
    [
      {
        label: '$(globe) Everything',
        description: 'all',
        detail: 'The whole cluster, but for noise that no restore wants',
        ask: () => Promise.resolve(presetAll()),
      },
      {
        label: '$(shield) Policy and infrastructure',
        description: 'infra',
        detail: 'Policy and configuration of all namespaces, and the whole of the infrastructure',
        ask: () => Promise.resolve(presetInfra()),
      },
      {
        label: '$(symbol-namespace) Some namespaces…',
        detail: 'All that is in them, and the definitions of their custom resources',
        ask: () => askNamespaces(cluster),
      },
      { label: '$(tag) By label…', detail: 'Objects whose labels match, as `kubectl -l` takes it', ask: askLabels },
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

async function count(
  { reader }: OpenCluster,
  selection: Selection,
  signal: AbortSignal,
): Promise<{ readonly plan: BackupPlan; readonly objects: number | undefined }> {
  const plan = await planBackup(reader, selection, signal);
  const counts = await countPlanned(reader, plan, signal);
  let objects: number | undefined = 0;
  for (const { type } of plan.types) {
    const found = counts.get(typeName(type));
    // Where one type may not be counted the sum would only look like one.
    objects = found === undefined || objects === undefined ? undefined : objects + found;
  }
  return { plan, objects };
}

function describeUndiscovered({ undiscovered }: BackupPlan): string {
  return `The backup will be partial: ${undiscovered.map(({ groupVersion }) => groupVersion).join(', ')} could not be asked`;
}

async function askLocation(app: App): Promise<string> {
  const locations = await app.locations.list();
  const [first, ...others] = locations;
  if (first !== undefined && others.length === 0) return first.name;
  return (
    await pickOne(
      locations.map(({ name, uri }) => ({ label: name, description: uri })),
      'Where to?',
    )
  ).label;
}

interface Execution {
  readonly cluster: OpenCluster;
  readonly plan: BackupPlan;
  readonly name: string;
  readonly location: string;
  readonly encryption: Encryption | undefined;
  readonly objects: number | undefined;
  readonly signal: AbortSignal;
  readonly show: ShowProgress;
}

async function execute(
  app: App,
  { cluster, plan, name, location, encryption, objects, signal, show }: Execution,
): Promise<BackupSummary> {
  const [{ backupWriter, openDiskSpool }, store, { tmpdir }] = await Promise.all([
    import('@infrabackup/storage'),
    app.locations.open(location),
    import('node:os'),
  ]);
  return takeBackup(plan, {
    reader: cluster.reader,
    store,
    name,
    encryption,
    openSpool: () => openDiskSpool(tmpdir()),
    writer: backupWriter(app.host.clock),
    tool: app.host.userAgent,
    signal,
    report: progressOf(objects, show),
  });
}

/** Turns the engine's many events into a few words: shown at most some times a second by the editor itself. */
function progressOf(planned: number | undefined, show: ShowProgress): (event: BackupEvent) => void {
  const byType = new Map<string, number>();
  let sum = 0;
  return (event) => {
    if (event.kind === 'writing') show(`writing ${formatBytes(event.sizeBytes)}`, 1);
    if (event.kind === 'restarted') show('the cluster forgot that instant: reading again');
    if (event.kind !== 'progress' && event.kind !== 'type-done') return;
    sum += event.objects - (byType.get(event.type) ?? 0);
    byType.set(event.type, event.objects);
    const share = planned === undefined || planned === 0 ? undefined : Math.min(1, sum / planned);
    show(`${formatCount(sum, 'object')}, ${event.type}`, share);
  };
}

async function tellResult(app: App, summary: BackupSummary): Promise<void> {
  const show = 'Show';
  const what = `${formatCount(objectCount(summary), 'object')} in ${formatBytes(summary.archive.sizeBytes)}`;
  const isPartial = summary.shortfalls.length > 0;
  const secrets = summary.warnings.find(({ kind }) => kind === 'secrets-in-clear');
  const notes = [
    ...(isPartial ? [` It is partial: ${formatCount(summary.shortfalls.length, 'shortfall')}.`] : []),
    ...(secrets === undefined ? [] : [' Secrets lie in it in clear.']),
  ].join('');
  const message = `Backup ${summary.name} is done: ${what}.${notes}`;
  const choice = await (notes === ''
    ? vscode.window.showInformationMessage(message, show)
    : vscode.window.showWarningMessage(message, show));
  if (choice === show) await vscode.commands.executeCommand('infrabackup.backups.focus');
}

function problemOfName(text: string): string | undefined {
  return problemOf(() => parseBackupName(text));
}

function problemOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error.hint ?? error.message;
  }
}
