import {
  countPlanned,
  createBackup as takeBackup,
  defaultBackupName,
  parseBackupName,
  planBackup,
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
import { askKeepTime } from '../ask-keep-time.ts';
import { askWhat, type Wanted } from '../ask-what.ts';
import { askText, isNode, pickOne, problemOf } from '../pick.ts';
import { objectCount } from '../views/backup-views.ts';
import { formatBytes, formatCount } from '../views/quantity.ts';
import { withProgress, type ShowProgress } from '../with-progress.ts';

/** Asks what, under which name, where, for how long and how encrypted; then backs up, with progress that can be cancelled. */
export const createBackup: Command = {
  id: 'infrabackup.createBackup',
  async run(app, node) {
    const cluster = await app.cluster.open();
    const wanted = await askWhat(cluster, app.log);
    await backUp(app, cluster, wanted, isNode(node, 'location') ? node.location : undefined);
  },
};

/** The rest of the wizard, for what is already said. */
export async function backUp(app: App, cluster: OpenCluster, wanted: Wanted, into?: string): Promise<void> {
  const { selection, labels } = wanted;
  const title = `Counting what would be backed up in ${cluster.context}`;
  const { plan, objects } = await withProgress({ title, where: 'notification' }, (signal) =>
    count(cluster, selection, signal),
  );
  const what = `${objects === undefined ? 'an unknown number of objects' : formatCount(objects, 'object')} of ${formatCount(plan.types.length, 'type')}`;
  const name = await askText({
    title: `Create Backup of ${cluster.context}: ${what}`,
    prompt: plan.undiscovered.length === 0 ? 'The name of the backup' : describeUndiscovered(plan),
    value: defaultBackupName(selection.preset, app.host.clock.now()),
    validateInput: (text) => problemOf(() => parseBackupName(text)),
  });
  const location = into ?? (await askLocation(app));
  const ttlMs = await askKeepTime(wanted.ttlMs);
  const encryption = await askEncryption(app, location);
  const summary = await withProgress(
    { title: `Backing up ${cluster.context}`, where: 'notification' },
    (signal, show) => execute(app, { cluster, plan, name, location, labels, ttlMs, encryption, objects, signal, show }),
  );
  app.log.info(`backed up ${cluster.context} as ${name} in ${location}, ${summary.digest}`);
  app.backups.refresh();
  app.documents.refresh();
  // Not waited for: the command is done when the backup is.
  void tellResult(app, summary);
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
  readonly labels: Wanted['labels'];
  readonly ttlMs: number | undefined;
  readonly encryption: Encryption | undefined;
  readonly objects: number | undefined;
  readonly signal: AbortSignal;
  readonly show: ShowProgress;
}

async function execute(
  app: App,
  { cluster, plan, name, location, labels, ttlMs, encryption, objects, signal, show }: Execution,
): Promise<BackupSummary> {
  const [{ backupWriter, openDiskSpool }, store, { tmpdir }] = await Promise.all([
    import('@infrabackup/storage'),
    app.locations.open(location),
    import('node:os'),
  ]);
  return takeBackup(plan, {
    reader: cluster.reader,
    store,
    ...{ name, labels, ttlMs, encryption },
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
