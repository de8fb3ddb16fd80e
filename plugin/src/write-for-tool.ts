import {
  countClearSecrets,
  type ArchiveHeader,
  type Backup,
  type BackupWarning,
  type Encryption,
  type Store,
} from '@infrabackup/core';
import { describeShortfall, describeWarning } from './render/backup-notes.ts';
import type { Shell } from './shell.ts';

/** Whom backups are written for. */
export type OtherTool = 'velero' | 'rancher' | 'manifests';

/** A backup to write for another tool. */
export interface WrittenForTool {
  readonly backup: Backup;
  readonly to: Store;
  readonly name: string;
  /** How its objects are encrypted, where the tool can read them then. */
  readonly sealing: Encryption | undefined;
  /** Told how many objects are written; not for an archive of Rancher's, which is one write. */
  readonly report: (count: number) => void;
}

/** Writes the objects as the tool takes them, and returns where in the location. */
export async function writeForTool(
  tool: OtherTool,
  { backup, to, name, sealing, report }: WrittenForTool,
  { signal, clock, err }: Shell,
): Promise<string> {
  const { rancherArchive, rancherFileName, writeManifests, writeVelero } = await import('@infrabackup/formats');
  const { header } = backup;
  switch (tool) {
    case 'velero': {
      const { backupWriter } = await import('@infrabackup/storage');
      const inClear: Backup = { ...backup, header: { ...header, warnings: warningsInClear(header) } };
      const errors = header.shortfalls.map(describeShortfall);
      const warnings = inClear.header.warnings.map(describeWarning);
      await writeVelero(inClear, to, name, { writer: backupWriter(clock), errors, warnings, signal, report });
      await err.write(warnings.map((warning) => `warning: ${warning}\n`).join(''));
      return `backups/${name}`;
    }
    case 'rancher': {
      const key = rancherFileName({ ...header, name }, sealing !== undefined);
      await to.create(key, rancherArchive(backup, sealing), signal);
      return key;
    }
    case 'manifests':
      await writeManifests(backup, to, name, { signal, report });
      return name;
  }
}

/** What is worth attention of a copy in which nothing is encrypted. */
function warningsInClear({ types, warnings }: ArchiveHeader): readonly BackupWarning[] {
  const count = countClearSecrets(types, null);
  const others = warnings.filter(({ kind }) => kind === 'related-unreadable');
  return count === 0 ? others : [{ kind: 'secrets-in-clear', count }, ...others];
}
