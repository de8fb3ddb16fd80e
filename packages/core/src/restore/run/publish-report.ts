import { isAppError } from '../../errors/app-error.ts';
import type { Store } from '../../store/store.ts';
import { keptFiles } from './keep-before.ts';
import type { RunRecord } from './run-store.ts';
import { objectsOfRun, summarizeRun } from './summarize-run.ts';

/**
 * Leaves what a run has done beside the backups, for whoever looks there: its summary, and every object that was
 * written or could not be. Without secrets or digests of any. A store that may not be written is passed over: the run
 * itself is in the user's state folder.
 */
export async function publishReport(run: RunRecord, stores: readonly Store[], signal?: AbortSignal): Promise<void> {
  const report = { ...summarizeRun(run), objects: objectsOfRun(run) };
  const key = `${keptFiles(run.head.id).folder}result.json`;
  const bytes = Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
  for (const store of stores) {
    try {
      await store.replace(key, bytes, signal);
      return;
    } catch (error) {
      if (!isAppError(error, 'STORE_DENIED', 'STORE_FULL', 'STORE_UNAVAILABLE')) throw error;
    }
  }
}
