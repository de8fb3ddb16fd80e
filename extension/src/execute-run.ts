import { tmpdir } from 'node:os';
import {
  encryptionOfKept,
  executePlan,
  formatMoment,
  isWrite,
  realWriter,
  type Backup,
  type OpenRun,
  type RestorePlan,
  type RunEvent,
} from '@infrabackup/core';
import type { App } from './app.ts';
import type { OpenPreview } from './previews.ts';
import { userRuns, userRunsFor } from './user-runs.ts';
import { formatCount } from './views/quantity.ts';
import type { ShowProgress } from './with-progress.ts';

/** Carries out a preview's plan, or the part of it that is given, from its beginning. Cut off, it can be resumed. */
export async function executeNew(
  app: App,
  { asked, source, context, location, scaleDown = [], plan: whole }: OpenPreview,
  plan: RestorePlan,
  signal: AbortSignal,
  show: ShowProgress,
): Promise<void> {
  const runs = await userRuns(app);
  const what =
    asked.kind === 'undo'
      ? ({ kind: 'undo', undoes: asked.run.head.id } as const)
      : // Of a part nobody asks again in the same words.
        ({
          kind: 'restore',
          request: plan.objects.length === whole.objects.length ? asked.request : undefined,
        } as const);
  const startedAt = formatMoment(app.host.clock.now());
  const head = { id: plan.id, ...what, startedAt, location: location.uri, scaleDown, stayDown: false };
  await using run = await runs.store.create(head, plan);
  await execute(app, { run, source, context }, signal, show);
}

/** Goes on with a run that was cut off, in its own context, which must still reach the same cluster. */
export async function executeAgain(app: App, id: string, signal: AbortSignal, show: ShowProgress): Promise<void> {
  const runs = await userRunsFor(app, id);
  const source = await runs.openSource(await runs.store.read(id), signal);
  await using run = await runs.store.open(id);
  const { context = await app.cluster.contextName() } = run.plan.cluster;
  await execute(app, { run, source, context }, signal, show);
}

interface Execution {
  readonly run: OpenRun;
  readonly source: Backup | undefined;
  readonly context: string;
}

async function execute(
  app: App,
  { run, source, context }: Execution,
  signal: AbortSignal,
  show: ShowProgress,
): Promise<void> {
  const [cluster, runs, { openDiskSpool }] = await Promise.all([
    app.cluster.open(context),
    userRuns(app),
    import('@infrabackup/storage'),
  ]);
  const { head } = run;
  app.log.info(`${head.kind} ${head.id} in ${context}`);
  await executePlan({
    run,
    backup: source,
    reader: cluster.reader,
    writer: realWriter(cluster.door),
    keepIn: await runs.keepers(head.location),
    encryption:
      encryptionOfKept(await app.locations.keys(head.location), source) ??
      (await app.locations.encryption(head.location)),
    openSpool: () => openDiskSpool(tmpdir()),
    clock: app.host.clock,
    tool: app.host.userAgent,
    signal,
    report: progressOf(run, show),
  });
}

function progressOf(run: OpenRun, show: ShowProgress): (event: RunEvent) => void {
  const planned = run.plan.objects.filter(({ verdict }) => isWrite(verdict)).length;
  let done = run.records.filter(({ kind }) => kind === 'result').length;
  return (event) => {
    if (event.kind === 'keeping') show(`kept ${formatCount(event.objects, 'object')} for an undo`);
    if (event.kind !== 'object') return;
    done++;
    show(`${done.toLocaleString('en')} of ${formatCount(planned, 'object')}`, Math.min(1, done / planned));
  };
}
