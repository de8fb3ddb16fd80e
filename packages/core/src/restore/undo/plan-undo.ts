import type { Backup } from '../../archive/open-backup.ts';
import { formatInstant, type Clock } from '../../clock.ts';
import type { ClusterReader, Discovery } from '../../cluster/reader.ts';
import type { RightsReviewer } from '../../cluster/rights.ts';
import { concurrently } from '../../concurrently.ts';
import { AppError, InternalError } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { parseManifest } from '../../object/parse-manifest.ts';
import { formatRef, refKey, type ObjectRef } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import { contentDigester, type ContentDigester } from '../content-of.ts';
import { resolveOwners, type OwnerState } from '../owners.ts';
import { LiveLookup } from '../plan/live-lookup.ts';
import { reviewRights } from '../plan/plan-rights.ts';
import { newRunId, newRunKey } from '../plan/run-identity.ts';
import { exactObject, prepareObject, type PreparedObject } from '../prepare-object.ts';
import type { ConflictReason } from '../reason.ts';
import { defaultRestoreOptions } from '../restore-options.ts';
import { countVerdicts, type PlannedObject, type PlannedWrite, type RestorePlan } from '../restore-plan.ts';
import type { LeftObject } from '../run/object-result.ts';
import type { RunRecord } from '../run/run-store.ts';
import { readInhabitants } from './read-inhabitants.ts';

/** What an undo is planned from. Nothing here can change the cluster. */
export interface PlanUndoInput {
  /** The restore, every object that it had begun with a result (see `settleRun`). */
  readonly restore: RunRecord;
  /** What it kept before its first write; undefined where it changed nothing that was there. */
  readonly kept: Backup | undefined;
  /** What earlier undos have brought back, by `refKey`: it is not looked at again. */
  readonly undone: ReadonlySet<string>;
  readonly reader: ClusterReader;
  readonly rights: RightsReviewer;
  /** Whether objects are undone that somebody has changed since. */
  readonly force: boolean;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

const requestsAtOnce = 16;

/**
 * What it takes to bring the cluster back to where it was before a restore: what was created is deleted, what was
 * changed or deleted is put back, in the reverse order.
 *
 * An object is touched only if it still is what the restore left. A namespace or definition that the restore created
 * is deleted only if it holds nothing but what the restore put there, and what controllers made of that.
 *
 * Throws UNDO_IMPOSSIBLE when what was there before was not kept, the codes of `ClusterReader`, CANCELLED.
 */
export async function planUndo(input: PlanUndoInput): Promise<RestorePlan> {
  const { restore, reader, clock, random, rights, signal } = input;
  const [cluster, discovery] = await Promise.all([reader.identity(signal), reader.discover(signal)]);
  const key = newRunKey(random);
  const undo = new Undo(input, discovery, contentDigester(key));
  const objects = await undo.planAll();
  const plannedAt = formatInstant(clock.now());
  const review = await reviewRights(objects, rights, signal);
  return {
    id: newRunId(plannedAt, random),
    ...{ key, plannedAt, cluster, objects },
    backup: restore.plan.backup,
    otherCluster: restore.plan.otherCluster,
    options: { ...defaultRestoreOptions, addresses: 'keep' },
    types: restore.plan.types,
    counts: countVerdicts(objects),
    warnings: review.warnings,
    missingRights: review.missing,
  };
}

/** An object that the restore has written, and what it left of it. */
interface Written {
  readonly planned: PlannedObject;
  readonly outcome: 'created' | 'updated' | 'replaced' | 'deleted';
  readonly left: LeftObject | undefined;
}

class Undo {
  readonly #input: PlanUndoInput;
  readonly #discovery: Discovery;
  readonly #digester: ContentDigester;
  /** The restore's own, by whose digests its results are known. */
  readonly #restoreDigester: ContentDigester;
  readonly #lookup: LiveLookup;
  readonly #written: readonly Written[];
  /** Uids of what the restore has created. */
  readonly #created: ReadonlySet<string>;

  constructor(input: PlanUndoInput, discovery: Discovery, digester: ContentDigester) {
    this.#input = input;
    this.#discovery = discovery;
    this.#digester = digester;
    this.#restoreDigester = contentDigester(input.restore.plan.key);
    const byName = new Map(discovery.types.map((type) => [typeName(type), type]));
    this.#lookup = new LiveLookup(input.reader, (type) => byName.get(type), input.signal);
    this.#written = writtenBy(input.restore);
    this.#created = new Set(this.#written.flatMap((it) => (it.outcome === 'created' ? [it.left!.uid] : [])));
  }

  /** In the reverse of the order in which they were written. */
  async planAll(): Promise<readonly PlannedObject[]> {
    const planned = new Array<PlannedObject>(this.#written.length);
    await concurrently(
      this.#written.entries(),
      requestsAtOnce,
      async ([index, written]) => {
        planned[index] = await this.#plan(written);
      },
      this.#input.signal,
    );
    return planned.reverse();
  }

  async #plan(written: Written): Promise<PlannedObject> {
    const { planned, outcome, left } = written;
    if (this.#input.undone.has(refKey(planned.ref))) return same(planned);
    const type = this.#typeOf(planned);
    const live = await this.#input.reader.get(type, planned.ref.namespace, planned.ref.name, this.#input.signal);
    if (outcome === 'deleted') return await this.#planReturn(written, type, live);
    if (live === undefined && outcome === 'created') return same(planned);
    const moved = this.#movedFrom(live, left!);
    const isForced = this.#input.force && live?.metadata.uid === left!.uid;
    if (moved !== undefined && !isForced && !this.#isFollowing(moved, live)) return conflict(planned, moved);
    switch (outcome) {
      case 'created':
        return await this.#planRemoval(planned, live!);
      case 'updated':
        return await this.#planBack(planned, type, live!);
      case 'replaced':
        return await this.#planReplacement(planned, type, live!);
    }
  }

  /** Whether only its content has changed, and its controller was created along: that has changed it, and goes with it. */
  #isFollowing(moved: ConflictReason, live: Manifest | undefined): boolean {
    if (moved.kind !== 'moved' || moved.now !== 'changed') return false;
    const controller = live?.metadata.ownerReferences?.find((owner) => owner.controller === true);
    return controller !== undefined && this.#created.has(controller.uid);
  }

  #typeOf({ ref, write }: PlannedObject): ResourceType {
    const type = this.#input.restore.plan.types[ref.type];
    if (type === undefined) throw new InternalError(`the plan does not say how ${ref.type} is reached`);
    return { ...type, version: write!.version };
  }

  #movedFrom(live: Manifest | undefined, left: LeftObject): ConflictReason | undefined {
    if (live === undefined) return { kind: 'moved', now: 'disappeared' };
    const { uid, resourceVersion, deletionTimestamp, finalizers = [] } = live.metadata;
    if (uid !== left.uid) return { kind: 'moved', now: 'replaced' };
    if (deletionTimestamp !== undefined) return { kind: 'terminating', finalizers };
    if (resourceVersion === left.resourceVersion) return undefined;
    return this.#restoreDigester.contentOf(live) === left.content ? undefined : { kind: 'moved', now: 'changed' };
  }

  async #planRemoval(planned: PlannedObject, live: Manifest): Promise<PlannedObject> {
    const others = await readInhabitants(planned.ref, {
      reader: this.#input.reader,
      discovery: this.#discovery,
      written: new Map(this.#written.map(({ planned: { ref }, left }) => [refKey(ref), left?.uid ?? ''])),
      signal: this.#input.signal,
    });
    if (others.length > 0) return conflict(planned, { kind: 'holds-others', refs: others.map(formatRef) });
    return { ...bare(planned), verdict: 'delete', write: { ...this.#over(planned, live), request: '' } };
  }

  /** What was changed gets its old content back, to the last field. */
  async #planBack(planned: PlannedObject, type: ResourceType, live: Manifest): Promise<PlannedObject> {
    const before = await this.#kept(planned.ref);
    const status = planned.write!.status;
    const { body } = exactObject(before, type, status);
    const write = {
      ...this.#over(planned, live),
      request: this.#digester.requestOf(body),
      status,
      exact: true as const,
    };
    return { ...bare(planned), verdict: 'update', write };
  }

  async #planReplacement(planned: PlannedObject, type: ResourceType, live: Manifest): Promise<PlannedObject> {
    const { prepared, write } = await this.#prepareReturn(planned, type);
    return {
      ...bare(planned),
      verdict: 'replace',
      notes: prepared.notes,
      write: { ...this.#over(planned, live), ...write },
    };
  }

  /** What was deleted is created again. */
  async #planReturn({ planned }: Written, type: ResourceType, live: Manifest | undefined): Promise<PlannedObject> {
    if (live?.metadata.deletionTimestamp !== undefined) {
      return conflict(planned, { kind: 'terminating', finalizers: live.metadata.finalizers ?? [] });
    }
    if (live !== undefined) return conflict(planned, { kind: 'moved', now: 'appeared' });
    const { prepared, write } = await this.#prepareReturn(planned, type);
    return { ...bare(planned), verdict: 'create', notes: prepared.notes, write: { ...emptyWrite(planned), ...write } };
  }

  async #prepareReturn(
    planned: PlannedObject,
    type: ResourceType,
  ): Promise<{
    readonly prepared: PreparedObject;
    readonly write: Pick<PlannedWrite, 'request' | 'status' | 'owners'>;
  }> {
    const manifest = await this.#kept(planned.ref);
    const back = new Set(
      this.#written.filter(({ outcome }) => outcome === 'deleted').map((it) => refKey(it.planned.ref)),
    );
    const typeOf = (group: string, kind: string): ResourceType | undefined =>
      this.#discovery.types.find((served) => served.group === group && served.kind === kind);
    await this.#lookup.lookUp(ownerRefs(manifest, planned.ref, typeOf));
    const stateOf = (owner: ObjectRef): OwnerState => {
      const fact = this.#lookup.factOf(owner);
      if (fact !== undefined && !fact.isTerminating && fact.uid !== '') return { kind: 'live', uid: fact.uid };
      return back.has(refKey(owner)) ? { kind: 'planned' } : { kind: 'absent' };
    };
    const prepared = prepareObject(
      { manifest, source: planned.ref, target: planned.ref, type, live: undefined },
      {
        options: defaultRestoreOptions,
        rules: { addresses: 'keep', willExist: () => true, isAutoscaled: () => false },
        ownersOf: (dependent, target) => resolveOwners(dependent, target, { typeOf, stateOf }),
      },
    );
    const { body, status, owners } = prepared;
    const write = { request: this.#digester.requestOf(body), status: status !== undefined, owners: owners.owners };
    return { prepared, write };
  }

  async #kept(ref: ObjectRef): Promise<Manifest> {
    const entry = await this.#input.kept?.find(ref);
    if (entry === undefined) {
      throw new AppError('UNDO_IMPOSSIBLE', `${formatRef(ref)} was not kept before it was changed`, {
        refs: [formatRef(ref)],
      });
    }
    return parseManifest(await this.#input.kept!.read(entry));
  }

  #over(planned: PlannedObject, live: Manifest): PlannedWrite {
    const { uid = '', resourceVersion = '' } = live.metadata;
    return { ...emptyWrite(planned), over: { uid, resourceVersion, content: this.#digester.contentOf(live) } };
  }
}

/** What a run has written, in its order. */
function writtenBy({ plan, records }: RunRecord): readonly Written[] {
  const results = new Map<number, Written>();
  for (const record of records) {
    if (record.kind !== 'result') continue;
    const { outcome, left } = record.result;
    if (outcome === 'unchanged' || outcome === 'left') results.delete(record.object);
    else results.set(record.object, { planned: plan.objects[record.object]!, outcome, left });
  }
  return [...results].sort(([a], [b]) => a - b).map(([, written]) => written);
}

function ownerRefs(
  manifest: Manifest,
  target: ObjectRef,
  typeOf: (group: string, kind: string) => ResourceType | undefined,
): readonly ObjectRef[] {
  return (manifest.metadata.ownerReferences ?? []).flatMap(({ apiVersion, kind, name }) => {
    const [group = '', version] = apiVersion.split('/');
    const type = typeOf(version === undefined ? '' : group, kind);
    if (type === undefined) return [];
    return [{ type: typeName(type), namespace: type.namespaced ? target.namespace : undefined, name }];
  });
}

function emptyWrite({ write }: PlannedObject): PlannedWrite {
  return { version: write!.version, request: '', status: false, owners: [], missing: [], autoscaled: false };
}

function bare({ ref, place }: PlannedObject): Pick<PlannedObject, 'ref' | 'place' | 'notes'> {
  return { ref, place, notes: [] };
}

function same(planned: PlannedObject): PlannedObject {
  return { ...bare(planned), verdict: 'unchanged' };
}

function conflict(planned: PlannedObject, reason: ConflictReason): PlannedObject {
  return { ...bare(planned), verdict: 'conflict', reason };
}
