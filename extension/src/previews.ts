import { tmpdir } from 'node:os';
import {
  defaultRestoreOptions,
  dryRunWriter,
  isWrite,
  maskSecrets,
  planRestore,
  refKey,
  type Backup,
  type Manifest,
  type ObjectRef,
  type PlanEvent,
  type RestoreOptions,
  type RestoreRequest,
  type Spool,
} from '@infrabackup/core';
import type { ClusterSession, Host } from './cluster/cluster-session.ts';
import type { ChangeSides } from './documents/object-documents.ts';
import type { Preview } from './views/preview-nodes.ts';
import { formatCount } from './views/quantity.ts';
import type { ShowProgress } from './with-progress.ts';

/** What a preview is asked for. */
export interface PreviewRequest {
  readonly backup: Backup;
  readonly location: string;
  readonly title: string;
  readonly request: RestoreRequest;
  readonly options: Partial<RestoreOptions>;
}

/** A preview with all that belongs to it. */
export interface OpenPreview extends Preview {
  readonly asked: PreviewRequest;
  /** Both sides of a change, Secrets masked; undefined for an object that would not change. */
  sides(ref: ObjectRef): Promise<ChangeSides | undefined>;
  close(): Promise<void>;
}

/**
 * Plans a restore against the live cluster and keeps both sides of each change, as the plan saw them.
 *
 * They lie, Secrets masked, in a file without a name that ends with the preview, so that memory does not grow with the
 * plan and what is looked at is what was planned, whatever the cluster does meanwhile.
 */
export async function openPreview(
  { host, cluster: session }: { readonly host: Host; readonly cluster: ClusterSession },
  asked: PreviewRequest,
  signal: AbortSignal,
  show: ShowProgress,
): Promise<OpenPreview> {
  const [cluster, { openDiskSpool }] = await Promise.all([session.open(), import('@infrabackup/storage')]);
  const sides = new KeptSides(await openDiskSpool(tmpdir()));
  try {
    const plan = await planRestore({
      backup: asked.backup,
      reader: cluster.reader,
      dryRun: dryRunWriter(cluster.door),
      rights: cluster.rights,
      request: asked.request,
      options: { ...defaultRestoreOptions, ...asked.options },
      openSpool: () => openDiskSpool(tmpdir()),
      clock: host.clock,
      random: host.random,
      signal,
      report: (event) => report(event, show),
      judged: ({ ref, judged }, before) =>
        isWrite(judged.verdict) ? sides.keep(ref, before, judged.after) : undefined,
    });
    const writes = plan.objects.filter(({ verdict }) => isWrite(verdict));
    return {
      asked,
      plan,
      context: cluster.context,
      location: asked.location,
      title: asked.title,
      picked: new Set(writes.map(({ ref }) => refKey(ref))),
      sides: (ref) => sides.read(ref),
      close: () => sides.close(),
    };
  } catch (error) {
    await sides.close();
    throw error;
  }
}

function report(event: PlanEvent, show: ShowProgress): void {
  if (event.kind === 'compared') {
    show(`compared ${event.types} of ${formatCount(event.ofTypes, 'type')}`, (event.types / event.ofTypes) * 0.5);
  } else {
    const share = event.ofObjects === 0 ? 1 : event.objects / event.ofObjects;
    show(`asked the server about ${event.objects} of ${formatCount(event.ofObjects, 'difference')}`, 0.5 + share * 0.5);
  }
}

class KeptSides {
  readonly #spool: Spool;
  readonly #places = new Map<string, { readonly offset: number; readonly length: number }>();
  /** A spool takes one write at a time, and judging does not wait for it. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  async keep(ref: ObjectRef, before: Manifest | undefined, after: Manifest | undefined): Promise<void> {
    const [left = null, right = null] = maskSecrets(before, after);
    const bytes = Buffer.from(JSON.stringify([left, right]));
    const written = this.#writing.then(() => this.#spool.append(bytes));
    this.#writing = written;
    this.#places.set(refKey(ref), { offset: await written, length: bytes.length });
  }

  async read(ref: ObjectRef): Promise<ChangeSides | undefined> {
    const place = this.#places.get(refKey(ref));
    if (place === undefined) return undefined;
    const text = (await this.#spool.read(place.offset, place.length)).toString('utf8');
    const [before, after] = JSON.parse(text) as readonly [Manifest | null, Manifest | null];
    return [before ?? undefined, after ?? undefined];
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#spool.close();
  }
}
