import { openLock } from '../encryption/backup-lock.ts';
import type { Keyring } from '../encryption/backup-lock.ts';
import { isAppError } from '../errors/app-error.ts';
import { backupFiles } from '../location/backup-files.ts';
import type { BackupFiles } from '../location/backup-files.ts';
import { notFound } from '../location/read-summary.ts';
import type { Store } from '../store/store.ts';
import { partOf, storeSource } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import { Findings } from './finding.ts';
import type { Finding } from './finding.ts';
import { readArchiveEnds } from './archive-ends.ts';
import { parseSummary } from './parse-summary.ts';
import { backupFile } from './summary.ts';
import type { BackupFile, BackupSummary } from './summary.ts';
import { verifyArchive } from './verify-archive.ts';
import type { LockedObjects, VerifyArchiveOptions } from './verify-archive.ts';

/** How a backup is verified. */
export interface VerifyOptions extends VerifyArchiveOptions {
  /** The digest that the backup should have, as `create` printed it. */
  readonly digest?: string | undefined;
  /** Its files, where they are not in the backup's own folder of the location. */
  readonly files?: BackupFiles | undefined;
  /** What encrypted objects are opened with; of those that stay closed everything but their content is verified. */
  readonly keyring?: Keyring | undefined;
}

/** What came of it: the backup is whole when there are no findings. */
export interface Verification {
  /** The digest of the summary as it lies there; undefined where it cannot be read, or there is none. */
  readonly digest: string | undefined;
  /** Objects whose bytes, headers and digests were held against the index. */
  readonly objects: number;
  /** Those of them that are encrypted, and whose content could not be looked at. */
  readonly locked: readonly LockedObjects[];
  readonly findings: readonly Finding[];
}

/**
 * Reads the whole backup once and holds everything in it against everything else; finds all damage that it can, not
 * only the first. Memory stays bounded: nothing is held but one block of the index and a few members.
 *
 * Damage is data. Thrown are BACKUP_NOT_FOUND, BACKUP_FORMAT, CANCELLED and the store's errors. One whose digest is not
 * the one asked for has a finding of kind `other-digest`.
 */
export async function verifyBackup(store: Store, name: string, options: VerifyOptions = {}): Promise<Verification> {
  const { files = backupFiles(name), signal } = options;
  const findings = new Findings();
  const summary = await verifySummary(store, name, files, options, findings);
  if (summary === undefined) {
    const archive = await store.stat(files.archive, signal);
    if (archive === undefined) return { digest: undefined, objects: 0, locked: [], findings: findings.all };
    const alone = await verifyArchiveFile(storeSource(store, files.archive, archive.sizeBytes, signal), options);
    return { ...alone, findings: [...findings.all, ...alone.findings] };
  }

  if (summary.velero !== undefined) await verifyVelero(store, files.velero, summary.velero, signal, findings);
  const source = storeSource(store, files.archive, summary.archive.sizeBytes, signal);
  const { archive, index, objects, locked } = await verifyArchive(
    {
      header: summary,
      lock: await openLock(summary.encryption, options.keyring),
      archive: orNothing(store.stream(files.archive, 0, signal)),
      archiveBytes: summary.archive.sizeBytes,
      index: orNothing(store.stream(files.index, 0, signal)),
      spareIndex: partOf(source, `the index in ${files.archive}`, summary.archive.indexOffset, summary.index.sizeBytes),
      indexOffset: summary.archive.indexOffset,
    },
    findings,
    options,
  );
  verifyFile(archive, summary.archive, 'archive', findings);
  verifyFile(index, summary.index, 'index', findings);
  return { digest: summary.digest, objects, locked, findings: findings.all };
}

/** {@link verifyBackup} for an archive that lies alone: without a summary there is no digest that covers every byte. */
export async function verifyArchiveFile(archive: ArchiveSource, options: VerifyOptions = {}): Promise<Verification> {
  const findings = new Findings();
  let objects = 0;
  let locked: readonly LockedObjects[] = [];
  try {
    const { header, indexOffset } = await readArchiveEnds(archive);
    const index = partOf(archive, `the index in ${archive.name}`, indexOffset, header.index.sizeBytes);
    const verified = await verifyArchive(
      {
        header,
        lock: await openLock(header.encryption, options.keyring),
        archive: chunksOf(archive),
        archiveBytes: archive.sizeBytes,
        index: chunksOf(index),
        spareIndex: undefined,
        indexOffset,
      },
      findings,
      options,
    );
    ({ objects, locked } = verified);
  } catch (error) {
    if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
    findings.add('archive', error.message);
  }
  return { digest: undefined, objects, locked, findings: findings.all };
}

/** The summary as far as it can be gone on with; undefined when it cannot be read at all. */
async function verifySummary(
  store: Store,
  name: string,
  files: BackupFiles,
  { digest, signal }: VerifyOptions,
  findings: Findings,
): Promise<BackupSummary | undefined> {
  let text: string;
  try {
    text = (await store.read(files.summary, undefined, signal)).toString();
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_FOUND')) throw notFound(store, name);
    throw error;
  }
  let summary: BackupSummary | undefined;
  for (const evenIfChanged of [false, true]) {
    try {
      summary ??= parseSummary(text, { evenIfChanged });
    } catch (error) {
      if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
      findings.addOnce('summary', error.message);
    }
  }
  if (summary === undefined) return undefined;
  if (summary.name !== name) findings.add('summary', `the summary is that of ${summary.name}, not of ${name}`);
  if (digest !== undefined && digest !== summary.digest) {
    findings.add('other-digest', `the backup's digest is ${summary.digest}, not ${digest}`);
  }
  return summary;
}

async function verifyVelero(
  store: Store,
  key: string,
  expected: BackupFile,
  signal: AbortSignal | undefined,
  findings: Findings,
): Promise<void> {
  const chunks = await Array.fromAsync(orNothing(store.stream(key, 0, signal)));
  verifyFile(backupFile(expected.name, Buffer.concat(chunks)), expected, 'velero', findings);
}

function verifyFile(
  found: Pick<BackupFile, 'sizeBytes' | 'sha256'>,
  { name, sizeBytes, sha256 }: BackupFile,
  kind: Finding['kind'],
  findings: Findings,
): void {
  if (found.sizeBytes !== sizeBytes) {
    findings.add(kind, `${name} has ${found.sizeBytes} bytes of the ${sizeBytes} that the summary says`);
  } else if (found.sha256 !== sha256) findings.add(kind, `${name} is not what the summary's digest says`);
}

/** The stream, or an empty one where there is no such value: what should be in it is then missed. */
async function* orNothing(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    if (!isAppError(error, 'STORE_NOT_FOUND')) throw error;
  }
}

async function* chunksOf(source: ArchiveSource): AsyncGenerator<Buffer> {
  for (let at = 0; at < source.sizeBytes;) {
    const chunk = await source.read(at, Math.min(1 << 20, source.sizeBytes - at));
    if (chunk.length === 0) return;
    yield chunk;
    at += chunk.length;
  }
}
