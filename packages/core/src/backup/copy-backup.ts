import { createHash } from 'node:crypto';
import { damaged } from '../archive/damaged.ts';
import { parseSummary } from '../archive/parse-summary.ts';
import type { BackupFile, BackupSummary } from '../archive/summary.ts';
import { AppError, isAppError } from '../errors/app-error.ts';
import { backupFiles, type BackupFiles } from '../location/backup-files.ts';
import { readBackupFolder } from '../location/backup-folder.ts';
import type { BackupWriter } from '../location/backup-writer.ts';
import { publishSummary, writeUnderClaim } from '../location/claim-backup.ts';
import { readSummary } from '../location/read-summary.ts';
import { confirmClaim, type HeldClaim } from '../location/take-claim.ts';
import { writeBackupTogether } from '../location/write-backup.ts';
import type { Store } from '../store/store.ts';
import { countClearSecrets, refuseClearSecrets } from '../location/clear-secrets.ts';

/** A backup to copy, and where to. */
export interface CopyBackupOptions {
  readonly from: Store;
  readonly name: string;
  /** Its files, where they are not in the backup's own folder of the location. */
  readonly files?: BackupFiles | undefined;
  readonly to: Store;
  /** Whether Secrets may go in clear where what was written stays for good; absent: no. */
  readonly allowClearSecrets?: boolean | undefined;
  readonly writer: BackupWriter;
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((progress: CopyProgress) => void) | undefined;
}

/** How far a copy is. */
export interface CopyProgress {
  readonly sizeBytes: number;
  readonly totalBytes: number;
}

/** What came of a copy. */
export interface CopiedBackup {
  readonly summary: BackupSummary;
  /** Whether the very backup was there already. */
  readonly wasThere: boolean;
  /** What an earlier copy that was cut off had brought, in bytes. */
  readonly keptBytes: number;
}

/**
 * Copies a backup as it is, byte for byte: encrypted or not, under its name and with its digest.
 *
 * What is read is held against the summary's digests while it streams, so that nothing damaged appears in the other
 * location. The copy exists when its summary does, which comes last. One that is cut off, or cancelled, leaves its whole
 * files for the next copy of that very backup, which takes up only those that are what the summary says; `prune` and
 * `delete` clear them away. A store that takes a backup all at once has nothing of such a copy. Memory stays bounded.
 *
 * Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_EXISTS for another backup of that name, BACKUP_CLAIMED, SECRETS_IN_CLEAR, CANCELLED and
 * the stores' errors.
 */
export async function copyBackup(options: CopyBackupOptions): Promise<CopiedBackup> {
  const { from, name, to, writer, signal, files = backupFiles(name) } = options;
  const text = await readText(from, name, files, signal);
  const summary = parseSummary(text.toString());
  const there = await readSummaryIfThere(to, summary.name, signal);
  if (there !== undefined) {
    if (there.digest === summary.digest) return { summary, wasThere: true, keptBytes: 0 };
    throw anotherOne(to, summary);
  }
  const inClear = countClearSecrets(summary.types, summary.encryption) > 0;
  refuseClearSecrets(to, summary.name, inClear, options.allowClearSecrets);
  return writeBackupTogether(to, summary.name, `Copy backup ${summary.name}`, signal, (into) =>
    writeUnderClaim(into, summary.name, { writer, signal, keepsContents: true }, async (held) => {
      const keptBytes = await copyFiles(summary, files, held, { ...options, to: into });
      await publishSummary(into, held, text, signal);
      return { summary, wasThere: false, keptBytes };
    }),
  );
}

/** Copies what is not there yet; resolves to the length of what was. */
async function copyFiles(
  summary: BackupSummary,
  source: BackupFiles,
  held: HeldClaim,
  { from, to, signal, report }: CopyBackupOptions,
): Promise<number> {
  const wanted: readonly (readonly [source: string, target: string, file: BackupFile])[] = [
    [source.archive, held.files.archive, summary.archive],
    [source.index, held.files.index, summary.index],
    ...(summary.velero === undefined ? [] : [[source.velero, held.files.velero, summary.velero] as const]),
  ];
  const totalBytes = wanted.reduce((sum, [, , { sizeBytes }]) => sum + sizeBytes, 0);
  let copiedBytes = 0;
  const copied = (length: number): void => {
    copiedBytes += length;
    report?.({ sizeBytes: copiedBytes, totalBytes });
  };
  let keptBytes = 0;
  const whole = await wholeLeftovers(to, held, new Map(wanted.map(([, target, file]) => [target, file])), signal);
  for (const [key, target, file] of wanted) {
    if (whole.has(target)) {
      keptBytes += file.sizeBytes;
      copied(file.sizeBytes);
    } else await to.create(target, checked(from.stream(key, 0, signal), key, file, copied), signal);
  }
  return keptBytes;
}

/** What an earlier copy left and is what it should be; everything else in the folder is removed. */
async function wholeLeftovers(
  to: Store,
  held: HeldClaim,
  wanted: ReadonlyMap<string, BackupFile>,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const whole = new Set<string>();
  const { contents } = await readBackupFolder(to, held.name, signal);
  for (const { key, sizeBytes } of contents) {
    const file = wanted.get(key);
    if (file?.sizeBytes === sizeBytes && (await isWhole(to, key, file, signal))) {
      whole.add(key);
      continue;
    }
    await confirmClaim(to, held, signal);
    await to.remove(key, signal);
  }
  return whole;
}

async function isWhole(store: Store, key: string, file: BackupFile, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    for await (const _ of checked(store.stream(key, 0, signal), key, file, () => undefined));
    return true;
  } catch (error) {
    if (isAppError(error, 'BACKUP_DAMAGED')) return false;
    throw error;
  }
}

/** The stream, which fails at its end unless it was the file. */
async function* checked(
  stream: AsyncIterable<Buffer>,
  key: string,
  { sizeBytes, sha256 }: BackupFile,
  onBytes: (length: number) => void,
): AsyncGenerator<Buffer> {
  const sum = createHash('sha256');
  let length = 0;
  for await (const chunk of stream) {
    sum.update(chunk);
    length += chunk.length;
    onBytes(chunk.length);
    yield chunk;
  }
  if (length === sizeBytes && sum.digest('hex') === sha256) return;
  throw damaged(`${key} is not what the summary's digest says, and was not copied`);
}

async function readText(
  from: Store,
  name: string,
  files: BackupFiles,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  // Tells what is wrong with it in the words of every other reader.
  await readSummary(from, name, signal, files);
  return from.read(files.summary, undefined, signal);
}

async function readSummaryIfThere(
  to: Store,
  name: string,
  signal: AbortSignal | undefined,
): Promise<BackupSummary | undefined> {
  try {
    return await readSummary(to, name, signal);
  } catch (error) {
    if (isAppError(error, 'BACKUP_NOT_FOUND')) return undefined;
    throw error;
  }
}

function anotherOne(to: Store, { name, digest }: BackupSummary): AppError {
  return new AppError(
    'BACKUP_EXISTS',
    `${to.uri} has another backup ${name}, whose digest is not ${digest}; it was left as it is`,
    {
      hint: 'copy it under another name: --as NAME',
      refs: [name],
    },
  );
}
