import { AppError, formatRef, isAppError, typeName, type IndexEntry, type ObjectRef } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App } from './app.ts';
import type { Side } from './documents/document-uri.ts';
import {
  takenAtOf,
  type BackupNode,
  type BackupTreeNode,
  type ShownSummary,
  type WholeBackupNode,
} from './views/backup-nodes.ts';

/** An object of a backup. */
export interface BackupObject {
  readonly location: string;
  readonly summary: ShownSummary;
  readonly ref: ObjectRef;
}

/** More than that nobody scrolls through; the box narrows them by what is typed. */
const pickLimit = 5_000;

/** The choice among items; throws a silent cancel when the box is closed. */
export async function pickOne<T extends vscode.QuickPickItem>(
  items: readonly T[] | Promise<readonly T[]>,
  placeHolder: string,
): Promise<T> {
  const options = { placeHolder, matchOnDescription: true, matchOnDetail: true, ignoreFocusOut: true };
  const choice = await vscode.window.showQuickPick(items as T[] | Promise<T[]>, options);
  if (choice === undefined) throw new vscode.CancellationError();
  return choice;
}

/** What was typed; throws a silent cancel when the box is closed. */
export async function askText(options: vscode.InputBoxOptions): Promise<string> {
  const text = await vscode.window.showInputBox({ ignoreFocusOut: true, ...options });
  if (text === undefined) throw new vscode.CancellationError();
  return text;
}

/** What is wrong with a text, for the box that it is typed into; undefined when it can be parsed. */
export function problemOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error.hint ?? error.message;
  }
}

/** The backup of the row that a command was given, else the one that the user chooses. */
export async function backupFrom(app: App, node: unknown, placeHolder = 'Which backup?'): Promise<BackupNode> {
  const { tree } = app.backups;
  if (isNode(node, 'backup')) return node;
  if (isNode(node, 'other-backup')) return tree.opened.adopt(node);
  const nodes = await allBackups(app);
  if (nodes.length === 0) {
    throw new AppError('BACKUP_NOT_FOUND', 'there are no backups in the locations that are looked into', {
      hint: "create one by the command 'Infrabackup: Create Backup', or add a location that has some",
    });
  }
  return backupFrom(app, (await pickOne(backupItems(app, nodes), placeHolder)).backup);
}

/** Backups to choose from. */
export function backupItems(
  { backups }: App,
  nodes: readonly WholeBackupNode[],
): (vscode.QuickPickItem & { readonly backup: WholeBackupNode })[] {
  return nodes.map((backup) => {
    const { label, description = '' } = backups.tree.view(backup);
    return { label, description, detail: backup.parent.location, backup };
  });
}

/** Every backup of every location that can be read, whoever made it, newest first. */
export async function allBackups(app: App): Promise<readonly WholeBackupNode[]> {
  const { tree } = app.backups;
  const children = await Promise.all((await tree.locations()).map((location) => tree.children(location)));
  const backups = children.flat().filter((node) => node.kind === 'backup' || node.kind === 'other-backup');
  return backups.sort((a, b) => (takenAtOf(a) < takenAtOf(b) ? 1 : -1));
}

/** Those of them that are ours: nobody waits for whole archives of other tools to be read. */
export async function ownBackups(app: App): Promise<readonly BackupNode[]> {
  return (await allBackups(app)).filter((node) => node.kind === 'backup');
}

/** The object of the row that a command was given, else the one that the user chooses by backup, type and name. */
export async function objectFrom(app: App, node: unknown): Promise<BackupObject> {
  if (isNode(node, 'object')) {
    const backup = node.parent.parent.parent;
    return { location: backup.parent.location, summary: backup.summary, ref: node.entry };
  }
  const backup = await backupFrom(app, undefined, 'An object of which backup?');
  const types = backup.summary.types.filter(({ count }) => count > 0);
  const typeItems = types.map((type) => ({
    label: type.kind,
    description: `${typeName(type)} · ${type.count.toLocaleString('en')}`,
    name: typeName(type),
  }));
  const type = await pickOne(typeItems, 'Of which type?');
  const entries: IndexEntry[] = [];
  for await (const entry of (await app.backups.tree.opened.open(backup)).entries({ types: [type.name] })) {
    entries.push(entry);
    if (entries.length === pickLimit) break;
  }
  const items = entries.map((entry) => ({ label: entry.name, description: entry.namespace ?? '', ref: entry }));
  const { ref } = await pickOne(items, 'Which object?');
  return { location: backup.parent.location, summary: backup.summary, ref };
}

/** The Kubernetes kind of an object of a backup. */
export function kindOf({ summary, ref }: BackupObject): string {
  const type = summary.types.find((candidate) => typeName(candidate) === ref.type);
  if (type === undefined) throw new AppError('OBJECT_NOT_FOUND', `backup ${summary.name} has no ${formatRef(ref)}`);
  return type.kind;
}

/** The object as a side of a comparison. */
export function backupSide({ location, summary, ref: { type, namespace, name } }: BackupObject): Side {
  const ref = { type, ...(namespace !== undefined && { namespace }), name };
  return { from: 'backup', location, backup: summary.name, ref };
}

/** Whether an argument of a command is a row of the Backups view, of that kind. */
export function isNode<Kind extends BackupTreeNode['kind']>(
  value: unknown,
  kind: Kind,
): value is Extract<BackupTreeNode, { readonly kind: Kind }> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
}
