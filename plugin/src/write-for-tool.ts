import type { Backup, Encryption, Store } from '@infrabackup/core';
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
  { signal, clock }: Shell,
): Promise<string> {
  const { rancherArchive, rancherFileName, writeManifests, writeVelero } = await import('@infrabackup/formats');
  const { header } = backup;
  switch (tool) {
    case 'velero': {
      const { backupWriter } = await import('@infrabackup/storage');
      const errors = header.shortfalls.map(describeShortfall);
      const warnings = header.warnings.map(describeWarning);
      await writeVelero(backup, to, name, { writer: backupWriter(clock), errors, warnings, signal, report });
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
