import type { Selection } from '@infrabackup/core';

/** The ways in which a specification is written. */
export const specDialects = [
  'infrabackup',
  'k8s-backup-target',
  'k8s-backup-targets',
  'velero-backup-config',
  'velero-backup',
  'velero-schedule',
  'resource-set',
] as const;

/** One way in which a specification is written. */
export type SpecDialect = (typeof specDialects)[number];

/** When a backup is made, as far as the specification says. */
export interface SpecSchedule {
  readonly cron: string;
  readonly paused: boolean;
  readonly skipImmediately: boolean;
  readonly useOwnerReferencesInBackup: boolean;
}

/** What a specification of any dialect says: what to back up, how long to keep it, and what to call it. */
export interface BackupSpec {
  /** What names it among others of a file: the object's name, or `app:relation` of a backup target. */
  readonly name: string;
  readonly dialect: SpecDialect;
  readonly selection: Selection;
  /** Labels for the backups: those of the object, or `app`, `model` and `relation` of a backup target. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ttlMs?: number;
  readonly schedule?: SpecSchedule;
  /** What the specification asks for and backups of objects alone do not have, for a person. */
  readonly notes: readonly string[];
}
