/** Where every location keeps its backups; Velero looks in the same place. */
export const backupsPrefix = 'backups/';

/** The keys of one backup. All but the claims are named in docs/format.md. */
export interface BackupFiles {
  /** Ends in a slash, or is empty. */
  readonly folder: string;
  /** Written first: who writes this backup. See `claimBackup`. */
  readonly claim: string;
  readonly archive: string;
  readonly index: string;
  /** What Velero lists the backup by. */
  readonly velero: string;
  /** Written last: the backup exists when this does. */
  readonly summary: string;
}

const summarySuffix = '-summary.json';

/** The keys of a backup, in its own folder of a location, or in another one that its files were copied to. */
export function backupFiles(name: string, folder = `${backupsPrefix}${name}/`): BackupFiles {
  return {
    folder,
    claim: `${folder}claim.json`,
    archive: `${folder}${name}.tar.gz`,
    index: `${folder}${name}-index.jsonl.gz`,
    velero: `${folder}velero-backup.json`,
    summary: `${folder}${name}${summarySuffix}`,
  };
}

/** The backup whose summary has that file name; undefined when it is no summary. */
export function backupNameOfSummary(fileName: string): string | undefined {
  return fileName.endsWith(summarySuffix) ? fileName.slice(0, -summarySuffix.length) : undefined;
}
