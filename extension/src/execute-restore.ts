import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  executePlan,
  formatInstant,
  isWrite,
  openBackup,
  realWriter,
  type OpenRun,
  type RestorePlan,
  type RunEvent,
  type RunStore,
} from '@infrabackup/core';
import type { App } from './app.ts';
import { formatCount } from './views/quantity.ts';
import type { ShowProgress } from './with-progress.ts';

/** Where this user's restores are kept; the plugin knows them too. */
export async function openRuns({ locations }: Pick<App, 'locations'>): Promise<RunStore> {
  const [{ openDiskRunStore }, { state }] = await Promise.all([import('@infrabackup/storage'), locations.folders()]);
  return openDiskRunStore(join(state, 'restores'));
}

/** What a new run is made of. */
export interface NewRun {
  readonly plan: RestorePlan;
  readonly location: string;
  /** The context that the plan was made for. */
  readonly context: string;
}

/** Carries out a plan from its beginning. Cancelling ends it between two writes; it can then be resumed. */
export async function executeNew(app: App, made: NewRun, signal: AbortSignal, show: ShowProgress): Promise<void> {
  const { plan, location, context } = made;
  const startedAt = formatInstant(app.host.clock.now());
  const head = { id: plan.id, kind: 'restore', startedAt, location, scaleDown: [], stayDown: false } as const;
  await using run = await (await openRuns(app)).create(head, plan);
  await execute(app, run, context, signal, show);
}

/** Goes on with a run that was cut off, in the context that counts now, which must reach the same cluster. */
export async function executeAgain(app: App, id: string, signal: AbortSignal, show: ShowProgress): Promise<void> {
  await using run = await (await openRuns(app)).open(id);
  const { context = await app.cluster.contextName() } = run.plan.cluster;
  await execute(app, run, context, signal, show);
}

async function execute(
  app: App,
  run: OpenRun,
  context: string,
  signal: AbortSignal,
  show: ShowProgress,
): Promise<void> {
  const [cluster, store, fallback, { openDiskSpool }] = await Promise.all([
    app.cluster.open(context),
    app.locations.open(run.head.location),
    app.locations.open('local'),
    import('@infrabackup/storage'),
  ]);
  app.log.info(`restore ${run.head.id} into ${context}`);
  await executePlan({
    run,
    backup: await openBackup(store, run.plan.backup.name, { signal }),
    reader: cluster.reader,
    writer: realWriter(cluster.door),
    keepIn: [store, fallback],
    openSpool: () => openDiskSpool(tmpdir()),
    clock: app.host.clock,
    tool: app.host.userAgent,
    signal,
    report: progressOf(run.plan, show),
  });
}

function progressOf(plan: RestorePlan, show: ShowProgress): (event: RunEvent) => void {
  const planned = plan.objects.filter(({ verdict }) => isWrite(verdict)).length;
  let done = 0;
  return (event) => {
    if (event.kind === 'keeping') show(`kept ${formatCount(event.objects, 'object')} for an undo`);
    if (event.kind !== 'object') return;
    done++;
    show(`${done.toLocaleString('en')} of ${formatCount(planned, 'object')}`, Math.min(1, done / planned));
  };
}
