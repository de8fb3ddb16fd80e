import type { AppError, ArchiveHeader, BackupSummary, IndexEntry, TypeSummary } from '@infrabackup/core';
import type { ListedForeign } from '@infrabackup/formats';

/** A place where backups lie, and the name that opens it. */
export interface Location {
  readonly name: string;
  readonly uri: string;
}

/** A location that is looked into. */
export interface LocationNode {
  readonly kind: 'location';
  /** What opens it: its name in the user's configuration. */
  readonly location: string;
  readonly uri: string;
  /** Whether it is there without being configured, and so cannot be removed. */
  readonly isBuiltIn: boolean;
}

/** What a backup says of itself; one of another tool has no files beside it that would say more. */
export type ShownSummary = ArchiveHeader & Partial<BackupSummary>;

/** A backup that can be opened. */
export interface BackupNode {
  readonly kind: 'backup';
  readonly parent: LocationNode;
  readonly summary: ShownSummary;
  /** The row that it was opened from, where that is another tool's. */
  readonly openedFrom?: OtherBackupNode;
}

/** A backup of another tool, whose archive is read when it is opened: then it is a {@link BackupNode}, too. */
export interface OtherBackupNode {
  readonly kind: 'other-backup';
  readonly parent: LocationNode;
  readonly listed: ListedForeign;
}

/** A backup whose summary cannot be read. */
export interface BrokenBackupNode {
  readonly kind: 'broken-backup';
  readonly parent: LocationNode;
  readonly name: string;
  readonly problem: AppError;
}

/** The objects of a backup in one namespace, or those in none. */
export interface NamespaceNode {
  readonly kind: 'namespace';
  readonly parent: BackupNode;
  /** Undefined for objects of the whole cluster. */
  readonly namespace: string | undefined;
  /** How many objects; of those that pass the filter, where there is one. */
  readonly count: number;
}

/** The objects of one type in one namespace. */
export interface TypeNode {
  readonly kind: 'type';
  readonly parent: NamespaceNode;
  readonly type: TypeSummary;
  readonly count: number;
}

/** One object. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly parent: TypeNode;
  readonly entry: IndexEntry;
}

/** Stands below the objects that are shown, for those that are not yet. */
export interface MoreNode {
  readonly kind: 'more';
  readonly parent: TypeNode;
  readonly remaining: number;
}

/** Says in a row of its own why there are no others. */
export interface NoticeNode {
  readonly kind: 'notice';
  readonly parent: LocationNode | WholeBackupNode;
  readonly text: string;
  readonly problem: AppError | undefined;
}

/** Any row of the Backups view. */
export type BackupTreeNode =
  | LocationNode
  | BackupNode
  | OtherBackupNode
  | BrokenBackupNode
  | NamespaceNode
  | TypeNode
  | ObjectNode
  | MoreNode
  | NoticeNode;

/** A row that stands for a whole backup, whoever made it. */
export type WholeBackupNode = BackupNode | OtherBackupNode;

/** When the backup was taken. */
export function takenAtOf(node: WholeBackupNode): string {
  return node.kind === 'backup' ? node.summary.startedAt : node.listed.head.startedAt;
}

/** What the backup is called in its location. */
export function nameOf(node: WholeBackupNode): string {
  return node.kind === 'backup' ? node.summary.name : node.listed.name;
}
