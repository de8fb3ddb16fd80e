import { openBackup, type Backup } from '../../archive/open-backup.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterReader } from '../../cluster/reader.ts';
import type { RightsReviewer } from '../../cluster/rights.ts';
import type { ClusterWriter } from '../../cluster/writer.ts';
import type { Keyring } from '../../encryption/backup-lock.ts';
import type { Store } from '../../store/store.ts';
import { refKey, type ObjectRef } from '../../object/ref.ts';
import type { RestorePlan } from '../restore-plan.ts';
import { settleRun } from '../run/execute-plan.ts';
import { keptFiles, keptName } from '../run/keep-before.ts';
import { isHalfDone } from '../run/object-result.ts';
import type { RunRecord, RunStore } from '../run/run-store.ts';
import { resultsOf, summarizeRun, type RunStatus } from '../run/summarize-run.ts';
import { planUndo } from './plan-undo.ts';

/** What an undo is opened with. */
export interface OpenUndoInput {
  readonly runs: RunStore;
  /** The run to undo. */
  readonly id: string;
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly rights: RightsReviewer;
  /** Opens the backup that the run restores, which an unfinished run is looked after with. */
  readonly openBackupOf: (run: RunRecord) => Promise<Backup>;
  /** Opens a store by its URI. */
  readonly openStore: (uri: string) => Promise<Store>;
  /** What encrypted objects that were kept are opened with. */
  readonly keyring?: Keyring | undefined;
  readonly force: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** An undo that is ready to be shown and carried out: `executePlan` takes both. */
export interface OpenedUndo {
  readonly plan: RestorePlan;
  /** What is put back. */
  readonly kept: Backup | undefined;
  /** Workloads that the run left at 0: scaled down for the undo as well, they get their sizes back with it. */
  readonly scaleDown: readonly ObjectRef[];
}

/**
 * Plans the undo of a run. One that was cut off is looked after first: what it was writing gets its result.
 *
 * Throws RUN_NOT_FOUND, RUN_BUSY, UNDO_IMPOSSIBLE, and what opening the backup and the store throw.
 */
export async function openUndo(input: OpenUndoInput): Promise<OpenedUndo> {
  const { runs, id, reader, writer, clock, signal } = input;
  const found = await runs.read(id);
  if (!found.records.some(({ kind }) => kind === 'finished')) {
    const backup = await input.openBackupOf(found);
    await using run = await runs.open(id);
    await settleRun({ run, backup, reader, writer, clock, signal });
  }
  const restore = await runs.read(id);
  const kept = await openKept(restore, input);
  const undone = new Set((await undosOf(runs, id)).flatMap(broughtBackBy));
  const isDown = restore.head.stayDown || !restore.records.some(({ kind }) => kind === 'finished');
  const scaleDown = isDown ? restore.head.scaleDown : [];
  return { plan: await planUndo({ ...input, restore, kept, undone }), kept, scaleDown };
}

/** What an undo has brought back to where it was, by `refKey`. */
function broughtBackBy({ plan, records }: RunRecord): readonly string[] {
  const results = resultsOf(records);
  return plan.objects.flatMap((planned, index) => {
    const result = results.get(index);
    const isDone = result !== undefined && result.outcome !== 'left' && !isHalfDone(planned, result);
    return isDone || planned.verdict === 'unchanged' ? [refKey(planned.ref)] : [];
  });
}

/** What the run kept before its first write; undefined where it changed nothing that was there. */
export async function openKept(
  { head, records }: RunRecord,
  { openStore, keyring, signal }: Pick<OpenUndoInput, 'openStore' | 'keyring' | 'signal'>,
): Promise<Backup | undefined> {
  const kept = records.findLast((record) => record.kind === 'kept');
  if (kept === undefined || kept.objects === 0) return undefined;
  const store = await openStore(kept.location);
  return await openBackup(store, keptName(head.id), { files: keptFiles(head.id), keyring, signal });
}

/** The undo that counts: the newest of a run that has not itself been undone. */
export interface FoundUndo {
  readonly id: string;
  /** An unfinished one can be gone on with; a partial one has left objects that another can try again. */
  readonly status: RunStatus;
}

/** Whether a run is undone, or being undone; undefined when it is not. What cannot be read is passed over. */
export async function findUndo(runs: RunStore, id: string): Promise<FoundUndo | undefined> {
  const [newest] = await undosOf(runs, id);
  return newest && { id: newest.head.id, status: summarizeRun(newest).status };
}

/** The undos of a run that have not been undone themselves, newest first. */
async function undosOf(runs: RunStore, id: string): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = [];
  for (const head of await runs.list()) {
    if (head.kind !== 'undo' || head.undoes !== id) continue;
    const record = await runs.read(head.id).catch(() => undefined);
    if (record === undefined) continue;
    const [again] = await undosOf(runs, head.id);
    if (again?.records.some(({ kind }) => kind === 'finished') !== true) found.push(record);
  }
  return found;
}
