import { AppError, backupNameOfSummary, openBackup } from '@infrabackup/core';
import { pauseBeforeRetry } from '../pause-before-retry.ts';
import { taken } from '../store-failure.ts';
import { textBlobId } from './fast-import.ts';
import type { GitBatch } from './git-batch.ts';
import { isOvertaken, isPassing } from './git-error.ts';
import type { LocalClone } from './local-clone.ts';
import { changedObjects, describeForLog, goneObjects } from './object-tree.ts';
import { overtakenKey, planCommit, touchedFolders } from './plan-commit.ts';
import type { Change, Files, ObjectFiles, StagedWrites } from './plan-commit.ts';
import type { Snapshot, SnapshotReader } from './snapshot.ts';

/** What pushing takes. */
export interface PushContext {
  readonly clone: LocalClone;
  readonly reader: SnapshotReader;
  /** The location, for messages. */
  readonly uri: string;
  /** Where the location lies in the repository; empty, or ending in a slash. */
  readonly path: string;
  /** What the branch held when it was last seen. */
  readonly latest: () => Snapshot;
  /** Told what the branch holds after the push, before others get the lock. */
  readonly onPushed: (snapshot: Snapshot) => void;
  /** What the branch holds now, asked anew. The clone's lock is held. */
  readonly look: () => Promise<Snapshot>;
  readonly signal: AbortSignal | undefined;
}

/** What goes into one commit. */
export interface PushRequest {
  readonly batch: GitBatch;
  readonly title: string;
  /** Whether what others have changed meanwhile is written over, but for keys that were created. */
  readonly overwrites: boolean;
  /** What the batch began with. */
  readonly base: Snapshot;
}

/** How often a commit is made anew on top of what others have pushed. */
const tries = 12;

/**
 * Makes a batch a commit and pushes it; on top of what others have pushed meanwhile, where that does not contradict.
 * Throws STORE_EXISTS, and what git throws; then nothing was pushed.
 */
export async function pushWrites({ batch, title, overwrites, base }: PushRequest, context: PushContext): Promise<void> {
  const { clone, reader, uri, path, signal } = context;
  const story: string[] = [title];
  const objects = await writeBlobs(batch, base, story, context);
  const staged: StagedWrites = {
    values: batch.values,
    before: overwrites ? new Map([...batch.before].filter(([key]) => batch.created.has(key))) : batch.before,
    objects,
  };
  await clone.locked(signal, async () => {
    let pushed: string | undefined;
    let snapshot = context.latest();
    for (let attempt = 0; ; attempt++) {
      if (pushed !== undefined && snapshot.commit !== undefined && (await clone.has(snapshot.commit, pushed, signal))) {
        // The push had arrived, and only its answer was lost.
        context.onPushed(snapshot);
        return;
      }
      const key = overtakenKey(staged, snapshot.files);
      if (key !== undefined) throw taken(uri, key);
      const changes = planCommit(staged, snapshot.files, await reader.tables(snapshot, touchedFolders(staged), signal));
      if (changes.size === 0) return;
      const commit = await clone.writeCommit(
        {
          parent: snapshot.commit,
          committer: await clone.committer(signal),
          message: `${story.join('\n\n')}\n`,
          changes: new Map([...changes].map(([name, change]) => [`${path}${name}`, change])),
        },
        signal,
      );
      try {
        await clone.push(snapshot.branch, commit, signal);
        await clone.tidy();
        reader.learn(changes);
        context.onPushed({ ...snapshot, commit, files: changed(snapshot.files, changes) });
        return;
      } catch (error) {
        if (!isOvertaken(error) && !isPassing(error)) throw error;
        if (attempt + 1 === tries) throw isOvertaken(error) ? storm(uri, snapshot.branch) : error;
        pushed = commit;
      }
      await pauseBeforeRetry(Math.min(attempt, 4), signal);
      snapshot = await context.look();
    }
  });
}

/** Writes all blobs of the commit into the clone; of a backup those of the readable tree, which is returned. */
async function writeBlobs(
  batch: GitBatch,
  base: Snapshot,
  story: string[],
  { clone, reader, signal }: PushContext,
): Promise<ObjectFiles | undefined> {
  const values = [...batch.values.values()].filter((value) => value !== undefined);
  const name = nameOfBackup(batch);
  if (name === undefined) {
    if (values.length > 0) await clone.writeBlobs(values, signal);
    return undefined;
  }
  const backup = await openBackup(batch, name, { signal });
  const readTexts = (ids: readonly string[]): Promise<ReadonlyMap<string, string>> => reader.texts(base, ids, signal);
  const files = new Map<string, string>();
  story.push(describeForLog(backup.summary));
  await clone.writeBlobs(
    (async function* () {
      yield* values;
      yield* changedObjects(backup, base.files, readTexts, files);
    })(),
    signal,
  );
  return { files, gone: await goneObjects(backup.summary, base.files, files, readTexts) };
}

/** The backup whose summary the batch brings; what a restore keeps lies elsewhere and is none. */
function nameOfBackup({ values }: GitBatch): string | undefined {
  for (const [key, value] of values) {
    const [, folder, file] = /^backups\/([^/]+)\/([^/]+)$/.exec(key) ?? [];
    if (value !== undefined && file !== undefined && backupNameOfSummary(file) === folder) return folder;
  }
  return undefined;
}

function changed(files: Files, changes: ReadonlyMap<string, Change>): Files {
  const after = new Map(files);
  for (const [path, change] of changes) {
    if (change === undefined) after.delete(path);
    else after.set(path, 'id' in change ? change.id : textBlobId(change.text));
  }
  return after;
}

function storm(uri: string, branch: string): AppError {
  return new AppError(
    'STORE_UNAVAILABLE',
    `others pushed to ${branch} of ${uri} each time before this write could; nothing was changed`,
    { hint: 'try again when they are done, or give each writer a branch of its own: ?branch=NAME' },
  );
}
