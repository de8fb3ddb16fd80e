import type { Backup } from '../../archive/open-backup.ts';
import type { OpenSpool } from '../../archive/spool.ts';
import { formatInstant, type Clock } from '../../clock.ts';
import type { ClusterReader } from '../../cluster/reader.ts';
import type { ClusterWriter } from '../../cluster/writer.ts';
import type { Encryption } from '../../encryption/encryption.ts';
import { AppError } from '../../errors/app-error.ts';
import { refKey } from '../../object/ref.ts';
import type { Store } from '../../store/store.ts';
import { keepBefore } from './keep-before.ts';
import type { RunEvent } from './object-result.ts';
import { publishReport } from './publish-report.ts';
import { readProgress, type RunProgress } from './run-progress.ts';
import type { OpenRun } from './run-store.ts';
import { scaleDown, scaleUp, type RememberedSizes } from './scale-down.ts';
import { sleepUntil } from './sleep.ts';
import { writeGroups } from './write-groups.ts';

/** What a plan is carried out with. */
export interface ExecutePlanInput {
  readonly run: OpenRun;
  /**
   * The one that was planned from: each of its objects is held against its digest when it is read. Undefined where the
   * plan creates and changes nothing.
   */
  readonly backup: Backup | undefined;
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  /** Where what will be changed is kept, the best first. */
  readonly keepIn: readonly Store[];
  readonly openSpool: OpenSpool;
  /** How what is kept is encrypted; absent: it lies in clear, also where the backup's objects did not. */
  readonly encryption?: Encryption | undefined;
  readonly clock: Clock;
  /** The tool that writes, e.g. `infrabackup 0.1.0`. */
  readonly tool: string;
  /** Stops: what is under way is finished, and the run can be continued. */
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((event: RunEvent) => void) | undefined;
}

/**
 * Carries out a plan, or goes on with one that was cut off: exactly the plan's writes, in its order.
 *
 * The intent to write is durable before each write, what it led to soon after; every object ends with a result in the
 * journal. Before the first write, what will be changed is kept for an undo. Objects of one tier and depth are written
 * concurrently, as many at once as the server bears.
 *
 * Throws RIGHTS_MISSING and CLUSTER_CHANGED before anything is written; the codes of `ClusterReader`, BACKUP_DAMAGED,
 * STORE_FULL and CANCELLED in mid-way: the run can then be continued by calling this again.
 */
export async function executePlan(input: ExecutePlanInput): Promise<void> {
  const { run, clock, report, signal } = input;
  const { plan } = run;
  if (plan.missingRights.length > 0) {
    throw new AppError('RIGHTS_MISSING', `${plan.missingRights.length} rights are missing; nothing was changed`);
  }
  await checkCluster(input);
  const progress = readProgress(run);
  if (!progress.isKept) {
    const kept = await keepBefore({ ...input, plan, stores: input.keepIn, signal });
    run.append({ kind: 'kept', objects: kept?.objects ?? 0, location: kept?.location ?? '' });
    await run.sync();
    report?.({ kind: 'keeping', objects: kept?.objects ?? 0 });
  }
  await scaledDown(input, progress, (sizes) =>
    writeGroups({ ...input, progress, onlyBegun: false, scaledDown: sizes }),
  );
  run.append({ kind: 'finished', at: formatInstant(clock.now()) });
  await run.sync();
  await publishReport({ ...run, records: run.journal(), isOpen: false }, input.keepIn, signal);
}

/**
 * Finds out, by reading, what became of the objects that a run was writing when it was cut off, and gives each of them
 * a result. Nothing is written: what the run had not come to stays as it is, and can still be restored.
 */
export async function settleRun(input: Omit<ExecutePlanInput, 'keepIn' | 'openSpool' | 'tool'>): Promise<void> {
  await checkCluster(input);
  await writeGroups({ ...input, progress: readProgress(input.run), onlyBegun: true, scaledDown: new Map() });
}

/** Does the work while the run's workloads are at 0, and gives them their sizes back, however it ends. */
async function scaledDown(
  { run, reader, writer, signal, report }: ExecutePlanInput,
  progress: RunProgress,
  work: (sizes: RememberedSizes) => Promise<void>,
): Promise<void> {
  const { id, scaleDown: refs, stayDown } = run.head;
  const scale = { runId: id, refs, reader, writer, report };
  let sizes: RememberedSizes;
  try {
    sizes = await scaleDown({ ...scale, sleep: sleepUntil(signal) });
    await work(sizes);
  } catch (error) {
    // The first error is the one to tell; what stays down is in the cluster, and the run can be gone on with.
    await scaleUp({ ...scale, sleep: sleepUntil(undefined) }, progress.resized).catch(() => undefined);
    throw error;
  }
  if (!stayDown) await scaleUp({ ...scale, sleep: sleepUntil(signal) }, progress.resized);
  else for (const ref of refs) report?.({ kind: 'stays-down', ref, size: sizes.get(refKey(ref)) ?? 0 });
}

async function checkCluster({
  run,
  reader,
  signal,
}: Pick<ExecutePlanInput, 'run' | 'reader' | 'signal'>): Promise<void> {
  const { cluster } = run.plan;
  const now = await reader.identity(signal);
  const isSame = cluster.uid === undefined ? cluster.server === now.server : cluster.uid === now.uid;
  if (isSame) return;
  throw new AppError(
    'CLUSTER_CHANGED',
    `the plan was made for the cluster at ${cluster.server}, and this is another one`,
    { hint: 'select the context that the plan was made with', refs: [now.server] },
  );
}
