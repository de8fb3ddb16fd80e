import { AppError, findUndo, summarizeRun, type RunHead, type RunStore } from '@infrabackup/core';
import type { App, Command } from '../app.ts';
import { pickOne } from '../pick.ts';
import { resumeRun } from '../resume-run.ts';
import { userRuns } from '../user-runs.ts';
import { formatWhen } from '../views/quantity.ts';
import { describeOutcomes, isRunNode } from '../views/run-nodes.ts';

/** Shows what taking a restore back would change; an undo that was cut off is gone on with. */
export const undoRestore: Command = {
  id: 'infrabackup.undoRestore',
  async run(app, node) {
    const { store } = await userRuns(app);
    const id = isRunNode(node) ? node.run.head.id : typeof node === 'string' ? node : await askRun(app, store);
    const undo = await findUndo(store, id);
    if (undo?.status === 'unfinished') return resumeRun(app, undo.id);
    if (undo?.status === 'done') {
      throw new AppError('USAGE', `restore ${id} is undone already, by ${undo.id}`, {
        hint: 'to have its outcome back, undo that undo',
      });
    }
    const run = await store.read(id);
    await app.restores.open({ kind: 'undo', run, force: false, title: run.plan.backup.name });
  },
};

async function askRun(app: App, store: RunStore): Promise<string> {
  const heads = await store.list();
  if (heads.length === 0) {
    throw new AppError('RUN_NOT_FOUND', 'nothing was restored yet', {
      hint: "restore by the command 'Infrabackup: Preview Restore'",
    });
  }
  const items = heads.slice(0, offeredRuns).map(async ({ id, startedAt, kind }: RunHead) => {
    const run = await store.read(id);
    const description = `${formatWhen(startedAt, app.host.clock.now())} · ${describeOutcomes(summarizeRun(run))}`;
    return {
      label: `${kind === 'undo' ? 'Undo of the restore' : 'Restore'} of ${run.plan.backup.name}`,
      description,
      id,
    };
  });
  return (await pickOne(Promise.all(items), 'Undo which restore?')).id;
}

/** Older runs are left to the plugin. */
const offeredRuns = 20;
