import type { IndexEntry } from '../archive/index-entry.ts';
import type { Backup } from '../archive/open-backup.ts';
import type { ClusterIdentity } from '../cluster/reader.ts';
import { concurrently } from '../concurrently.ts';
import { compareManifests, sameContent, type Change } from '../diff/compare-manifests.ts';
import { definitionsOf } from '../diff/definitions-of.ts';
import type { Manifest } from '../object/manifest.ts';
import { parseManifest } from '../object/parse-manifest.ts';
import { isAppError } from '../errors/app-error.ts';
import { compareUtf8, type ObjectRef } from '../object/ref.ts';
import { wasLookedFor } from './looked-for.ts';
import type { BackupProblem, OpenedBackup } from './open-backups.ts';

/** A run of consecutive backups in which an object was the same, or was not there. */
export type HistorySpan = {
  /** The oldest backup of the run, by name. */
  readonly first: BackupTime;
  /** The newest; the same as the first for a run of one. */
  readonly last: BackupTime;
  /** How many backups the run has. */
  readonly backups: number;
} & (
  | {
      readonly kind: 'version';
      /** It was deleted before, seen gone or not: a version before was of another uid, or backups found none. */
      readonly recreated: boolean;
    }
  | { readonly kind: 'absent' }
);

/** A backup and when it was begun. */
export interface BackupTime {
  readonly name: string;
  readonly startedAt: string;
}

/** The life of one object of one cluster, as its backups saw it. */
export interface ObjectHistory {
  readonly cluster: ClusterIdentity;
  /** The oldest first, beginning with a version. Backups that did not look for the object are in none. */
  readonly spans: readonly HistorySpan[];
  /** Each span with what changed from the version before it, the newest first. Reads each version once. */
  steps(): AsyncGenerator<HistoryStep>;
}

/** A span, and what was written to make it. */
export interface HistoryStep {
  readonly span: HistorySpan;
  /** The version before, when the object was there right before; undefined when it came (again), or is absent. */
  readonly before: Manifest | undefined;
  /** The version itself; undefined when absent. */
  readonly after: Manifest | undefined;
  /** Between both; empty for a version that came, and where the object was created again as it had been. */
  readonly changes: readonly Change[];
  /** The definition of a custom resource, for `textDiff`. */
  readonly crd: Manifest | undefined;
}

/** What {@link historyOf} finds. */
export interface FoundHistories {
  /** One for each cluster that had the object; empty when no backup has it. */
  readonly histories: readonly ObjectHistory[];
  /** Backups of which the index cannot be read, by name: they are in no history. */
  readonly problems: readonly BackupProblem[];
}

/** Index blocks read at a time. */
const concurrency = 8;

/**
 * The history of an object over backups of any clusters, given the oldest first.
 *
 * Found by the digests of the indexes: one block a backup. Only where those cannot tell whether two are equal (Secrets,
 * backups of another table of digests, another order of keys) are the objects themselves read.
 */
export async function historyOf(
  backups: readonly OpenedBackup[],
  ref: ObjectRef,
  signal?: AbortSignal,
): Promise<FoundHistories> {
  const entries = new Map<OpenedBackup, IndexEntry | undefined>();
  const problems: BackupProblem[] = [];
  await concurrently(
    backups,
    concurrency,
    async (backup) => {
      try {
        entries.set(backup, await backup.find(ref));
      } catch (error) {
        if (!isAppError(error, 'BACKUP_DAMAGED', 'STORE_NOT_FOUND')) throw error;
        problems.push({ name: backup.header.name, problem: error });
      }
    },
    signal,
  );
  // A cluster whose uid could not be read is known by its server.
  const read = backups.filter((backup) => entries.has(backup));
  const byCluster = Map.groupBy(read, ({ header: { cluster } }) => cluster.uid ?? cluster.server);
  const histories: ObjectHistory[] = [];
  for (const ofCluster of byCluster.values()) {
    const runs = await runsOf(
      ofCluster.map((backup) => ({ backup, entry: entries.get(backup) })),
      ref,
    );
    if (runs.length === 0) continue;
    const spans = runs.map(({ span }) => span);
    histories.push({ cluster: ofCluster.at(-1)!.header.cluster, spans, steps: () => stepsOf(runs) });
  }
  problems.sort((a, b) => compareUtf8(a.name, b.name));
  return { histories, problems };
}

interface Sighting {
  readonly backup: OpenedBackup;
  readonly entry: IndexEntry | undefined;
}

/** A span, and where its object lies: in the newest of its backups. */
interface Run extends Sighting {
  readonly span: HistorySpan;
}

async function runsOf(sightings: readonly Sighting[], ref: ObjectRef): Promise<Run[]> {
  const runs: Run[] = [];
  for (const { backup, entry } of sightings) {
    const current = runs.at(-1);
    if (entry === undefined && (current === undefined || !wasLookedFor(backup.header, ref))) continue;
    const here: BackupTime = { name: backup.header.name, startedAt: backup.header.startedAt };
    const before = runs.findLast((run) => run.entry !== undefined);
    const isOther = isAnother(before?.entry, entry);
    if (current !== undefined && !isOther && (await isSame(current, { backup, entry }))) {
      runs.pop();
      runs.push({ backup, entry, span: { ...current.span, last: here, backups: current.span.backups + 1 } });
      continue;
    }
    const run = { first: here, last: here, backups: 1 };
    runs.push({
      backup,
      entry,
      span:
        entry === undefined
          ? { ...run, kind: 'absent' }
          : { ...run, kind: 'version', recreated: isOther || current?.span.kind === 'absent' },
    });
  }
  return runs;
}

function isAnother(before: IndexEntry | undefined, entry: IndexEntry | undefined): boolean {
  return (
    before !== undefined && entry !== undefined && before.uid !== '' && entry.uid !== '' && before.uid !== entry.uid
  );
}

async function isSame(a: Sighting, b: Sighting): Promise<boolean> {
  if (a.entry === undefined || b.entry === undefined) return a.entry === b.entry;
  if (a.entry.stored === b.entry.stored) return true;
  const isComparable = a.backup.header.contentTable === b.backup.header.contentTable;
  if (isComparable && a.entry.content !== undefined && a.entry.content === b.entry.content) return true;
  const [before, after] = await Promise.all([readObject(a.backup, a.entry), readObject(b.backup, b.entry)]);
  return sameContent(before, after, { crd: await definitionsOf(b.backup, a.backup)(b.entry.type) });
}

async function* stepsOf(runs: readonly Run[]): AsyncGenerator<HistoryStep> {
  let known: Manifest | undefined;
  for (const [place, { span, backup, entry }] of [...runs.entries()].reverse()) {
    if (entry === undefined) {
      yield { span, before: undefined, after: undefined, changes: [], crd: undefined };
      continue;
    }
    const after = known ?? (await readObject(backup, entry));
    const previous = runs[place - 1];
    const before = previous?.entry && (await readObject(previous.backup, previous.entry));
    const crd = await definitionsOf(backup)(entry.type);
    yield { span, before, after, changes: before === undefined ? [] : compareManifests(before, after, { crd }), crd };
    known = before;
  }
}

async function readObject(backup: Backup, entry: IndexEntry): Promise<Manifest> {
  return parseManifest(await backup.read(entry));
}
