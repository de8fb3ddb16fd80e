import { AppError, formatInstant } from '@infrabackup/core';
import { Fields } from '../fields.ts';
import { readVeleroBackup } from '../spec/read-velero-spec.ts';
import type { ForeignHead } from './adopt-objects.ts';
import type { SeenInTar } from './seen-in-tar.ts';
import { unreadable } from './unreadable.ts';

/** What Velero keeps of a backup beside its tarball, in `velero-backup.json`. */
export interface VeleroHead {
  readonly name: string;
  /** Objects in it, as Velero counts; undefined where it does not say. */
  readonly objects: number | undefined;
  /** What the backup says of itself; the tarball knows the cluster. */
  head(seen?: SeenInTar): ForeignHead;
}

/** Phases after which the tarball is whole. Source: https://velero.io/docs/main/api-types/backup/ */
const wholePhases: ReadonlySet<string> = new Set([
  'Completed',
  'PartiallyFailed',
  'Finalizing',
  'FinalizingPartiallyFailed',
]);

/**
 * Reads `velero-backup.json`; members that this version does not know are passed over.
 *
 * Throws BACKUP_DAMAGED for what is none; BACKUP_NOT_FOUND for a backup that Velero has not made to its end.
 */
export function parseVeleroHead(text: string, name: string): VeleroHead {
  const where = `velero-backup.json of ${name}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(where, 'it is not JSON');
  }
  const { kind, metadata, status } = (value ?? {}) as Partial<VeleroObject>;
  if (kind !== 'Backup' || metadata?.name !== name) throw unreadable(where, 'it is no Backup of that name');
  const phase = status?.phase ?? 'New';
  if (!wholePhases.has(phase)) {
    throw new AppError('BACKUP_NOT_FOUND', `Velero has not made the backup ${name} to its end: its phase is ${phase}`, {
      refs: [name],
    });
  }
  const { labels, selection } = specOf(value, where);
  const gitVersion = metadata.annotations?.['velero.io/source-cluster-k8s-gitversion'];
  return {
    name,
    objects: status?.progress?.itemsBackedUp,
    head: (seen) => ({
      name,
      tool: 'Velero',
      startedAt: instantOf(status?.startTimestamp) ?? formatInstant(seen?.newestMs ?? 0),
      cluster: {
        version: typeof gitVersion === 'string' ? gitVersion : 'unknown',
        server: '',
        ...(seen?.clusterUid !== undefined && { uid: seen.clusterUid }),
      },
      selection,
      labels,
      ...expiryOf(status?.expiration),
    }),
  };
}

interface VeleroObject {
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly annotations?: Readonly<Record<string, unknown>> };
  readonly status: {
    readonly phase?: string;
    readonly startTimestamp?: unknown;
    readonly expiration?: unknown;
    readonly progress?: { readonly itemsBackedUp?: number };
  };
}

/** A spec that is not understood keeps nobody from the backup. */
function specOf(value: unknown, where: string): Pick<ForeignHead, 'labels' | 'selection'> {
  try {
    return readVeleroBackup(new Fields(value, where));
  } catch {
    return { labels: {}, selection: { preset: 'velero', rules: [{ excludeNoise: false }] } };
  }
}

function expiryOf(value: unknown): { readonly expiresAt?: string } {
  const expiresAt = instantOf(value);
  return expiresAt === undefined ? {} : { expiresAt };
}

function instantOf(value: unknown): string | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : formatInstant(ms);
}
