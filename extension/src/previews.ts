import { tmpdir } from 'node:os';
import {
  defaultRestoreOptions,
  dryRunWriter,
  isWrite,
  openUndo,
  planRestore,
  realWriter,
  refKey,
  type Backup,
  type ObjectRef,
  type PlanEvent,
  type RestoreOptions,
  type RestoreRequest,
  type RunRecord,
} from '@infrabackup/core';
import type { ClusterSession, Host, OpenCluster } from './cluster/cluster-session.ts';
import type { ChangeSides } from './documents/object-documents.ts';
import { KeptSides } from './kept-sides.ts';
import { readManifest } from './read-manifest.ts';
import type { UserLocations } from './user-locations.ts';
import { userRuns } from './user-runs.ts';
import type { Preview } from './views/preview-nodes.ts';
import { formatCount } from './views/quantity.ts';
import type { ShowProgress } from './with-progress.ts';

/** What a preview of a restore is asked for. */
export interface RestorePreviewRequest {
  readonly kind: 'restore';
  readonly backup: Backup;
  readonly location: Preview['location'];
  readonly title: string;
  readonly request: RestoreRequest;
  readonly options: Partial<RestoreOptions>;
}

/** What a preview of an undo is asked for. */
export interface UndoPreviewRequest {
  readonly kind: 'undo';
  readonly run: RunRecord;
  /** Whether objects are undone that somebody has changed since. */
  readonly force: boolean;
  readonly title: string;
}

/** What a preview is asked for. */
export type PreviewRequest = RestorePreviewRequest | UndoPreviewRequest;

/** A preview with all that belongs to it. */
export interface OpenPreview extends Preview {
  readonly asked: PreviewRequest;
  /** What carrying it out takes objects from: the backup, or what the restore kept, if it kept anything. */
  readonly source: Backup | undefined;
  /** Workloads that are scaled down while it is carried out; absent: none. */
  readonly scaleDown?: readonly ObjectRef[];
  /** Both sides of a change, Secrets masked; undefined for an object that would not change. */
  sides(ref: ObjectRef): Promise<ChangeSides | undefined>;
  close(): Promise<void>;
}

/** What previews are made with. */
interface PreviewApp {
  readonly host: Host;
  readonly cluster: ClusterSession;
  readonly locations: UserLocations;
}

/** Plans what is asked for against the live cluster: a restore in the context that counts, an undo in that of its run. */
export async function openPreview(
  app: PreviewApp,
  asked: PreviewRequest,
  signal: AbortSignal,
  show: ShowProgress,
): Promise<OpenPreview> {
  const context = asked.kind === 'undo' ? asked.run.plan.cluster.context : undefined;
  const [cluster, { openDiskSpool }] = await Promise.all([app.cluster.open(context), import('@infrabackup/storage')]);
  const sides = new KeptSides(await openDiskSpool(tmpdir()));
  try {
    if (asked.kind === 'undo') return await previewUndo(app, asked, { cluster, sides, signal });
    const openSpool = () => openDiskSpool(tmpdir());
    return await previewRestore(app, asked, { cluster, sides, signal, show, openSpool });
  } catch (error) {
    await sides.close();
    throw error;
  }
}

interface PreviewTools {
  readonly cluster: OpenCluster;
  readonly sides: KeptSides;
  readonly signal: AbortSignal;
}

/** Keeps both sides of each change as the plan sees them. */
async function previewRestore(
  { host }: PreviewApp,
  asked: RestorePreviewRequest,
  {
    cluster,
    sides,
    signal,
    show,
    openSpool,
  }: PreviewTools & { readonly show: ShowProgress; readonly openSpool: Parameters<typeof planRestore>[0]['openSpool'] },
): Promise<OpenPreview> {
  const plan = await planRestore({
    backup: asked.backup,
    reader: cluster.reader,
    dryRun: dryRunWriter(cluster.door),
    rights: cluster.rights,
    request: asked.request,
    options: { ...defaultRestoreOptions, ...asked.options },
    openSpool,
    ...{ clock: host.clock, random: host.random, signal },
    report: (event) => report(event, show),
    judged: ({ ref, judged }, before) => (isWrite(judged.verdict) ? sides.keep(ref, before, judged.after) : undefined),
  });
  const writes = plan.objects.filter(({ verdict }) => isWrite(verdict));
  return {
    ...{ kind: asked.kind, asked, plan, source: asked.backup, context: cluster.context },
    ...{ location: asked.location, title: asked.title },
    picked: new Set(writes.map(({ ref }) => refKey(ref))),
    sides: (ref) => sides.read(ref),
    close: () => sides.close(),
  };
}

/** Reads the sides of a change when it is first looked at: an undo is planned by what the restore wrote down. */
async function previewUndo(
  app: PreviewApp,
  asked: UndoPreviewRequest,
  { cluster, sides, signal }: PreviewTools,
): Promise<OpenPreview> {
  const { head } = asked.run;
  const runs = await userRuns(app, head.location);
  const { reader, rights, door, context } = cluster;
  const { plan, kept, scaleDown } = await openUndo({
    ...{ runs: runs.store, id: head.id, force: asked.force, reader, rights, writer: realWriter(door) },
    openBackupOf: (run) => runs.openBackup(run, signal),
    openStore: (uri) => app.locations.open(uri),
    keyring: await app.locations.keys(head.location),
    ...{ clock: app.host.clock, random: app.host.random, signal },
  });
  return {
    ...{ kind: asked.kind, asked, plan, source: kept, context, title: asked.title },
    location: { name: head.location, uri: head.location },
    scaleDown,
    picked: new Set(),
    async sides(ref) {
      const known = await sides.read(ref);
      if (known !== undefined) return known;
      await sides.keep(ref, await app.cluster.readLive(context, ref), await readManifest(kept, ref));
      return sides.read(ref);
    },
    close: () => sides.close(),
  };
}

function report(event: PlanEvent, show: ShowProgress): void {
  if (event.kind === 'compared') {
    show(`compared ${event.types} of ${formatCount(event.ofTypes, 'type')}`, (event.types / event.ofTypes) * 0.5);
  } else {
    const share = event.ofObjects === 0 ? 1 : event.objects / event.ofObjects;
    show(`asked the server about ${event.objects} of ${formatCount(event.ofObjects, 'difference')}`, 0.5 + share * 0.5);
  }
}
