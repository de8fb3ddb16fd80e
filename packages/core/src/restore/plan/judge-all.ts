import type { Backup } from '../../archive/open-backup.ts';
import type { Spool } from '../../archive/spool.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterReader, Discovery } from '../../cluster/reader.ts';
import type { DryRunWriter } from '../../cluster/writer.ts';
import { workAhead, type Ahead } from '../../concurrently.ts';
import type { Manifest } from '../../object/manifest.ts';
import { compareRefs, refKey, type ObjectRef } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import type { ContentDigester } from '../content-of.ts';
import { resolveOwners, type OwnerState } from '../owners.ts';
import { dryRunPace, Pace } from '../pace.ts';
import type { RestoreOptions } from '../restore-options.ts';
import { readAutoscaled } from './autoscaled.ts';
import type { ComparedType, Difference } from './compare-live.ts';
import { judgeObject, type Judged, type Judgement } from './judge-object.ts';
import { LiveLookup } from './live-lookup.ts';
import type { PlanEvent } from './plan-event.ts';
import { readDifferences, readKept, type DifferenceRead } from './read-differences.ts';
import { listedType } from './type-target.ts';

/** An object with its verdict, its sides at hand. */
export interface JudgedObject {
  readonly ref: ObjectRef;
  /** Where it is in the backup, when that is elsewhere. */
  readonly source?: ObjectRef;
  readonly judged: Judged;
}

/** Takes each object that differs, in the order of backups: as it is live, and as it would be. */
export type ReportJudged = (object: JudgedObject, before: Manifest | undefined) => void | Promise<void>;

/** What judging is done with. */
export interface JudgeAllInput {
  readonly backup: Backup;
  readonly reader: ClusterReader;
  readonly spool: Spool;
  readonly discovery: Discovery;
  readonly dryRun: DryRunWriter;
  readonly options: RestoreOptions;
  readonly digester: ContentDigester;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly report: ((event: PlanEvent) => void) | undefined;
  readonly judged: ReportJudged | undefined;
}

/** Every object of a restore with its verdict, without its manifests. */
export interface AllJudged {
  readonly objects: readonly JudgedObject[];
  readonly compared: readonly ComparedType[];
  readonly lookup: LiveLookup;
}

/** Enough that the server has something to do while objects are shown; of large ones fewer, for they are all in memory. */
const judgedAhead: Ahead<DifferenceRead> = {
  items: 128,
  weigh: ({ difference: { entry, live } }) => Math.max(entry.sizeBytes, live?.length ?? 0),
  weight: 32 << 20,
};
/** An object that changes while it is looked at is looked at again. */
const looksAtMost = 3;

/** Judges every difference, some at a time, and calls live-only objects extra or to be deleted. */
export async function judgeAll(compared: readonly ComparedType[], input: JudgeAllInput): Promise<AllJudged> {
  const { discovery, options, reader, signal } = input;
  const liveTypes = new Map(discovery.types.map((type) => [typeName(type), type]));
  const lookup = new LiveLookup(reader, (type) => liveTypes.get(type), signal);
  const types = kindsOf(compared, discovery);
  const typeOf = (group: string, kind: string): ResourceType | undefined => types.get(`${group}/${kind}`);
  const planned = plannedRefs(compared);
  const exists = (ref: ObjectRef): boolean => lookup.factOf(ref) !== undefined || planned.has(refKey(ref));
  const autoscaled = await readAutoscaled({ ...input, types: discovery.types, typeOf, compared });
  const pace = new Pace(dryRunPace, input.clock);
  const judgement: Judgement = {
    options,
    prepare: {
      options,
      rules: {
        addresses: options.addresses ?? 'keep',
        willExist: exists,
        isAutoscaled: (ref) => autoscaled.has(refKey(ref)),
      },
      ownersOf: (manifest, target) =>
        resolveOwners(manifest, target, { typeOf, stateOf: (owner) => ownerState(owner, lookup, planned) }),
    },
    digester: input.digester,
    dryRun: { dryRun: true, write: (request, asked) => pace.run(() => input.dryRun.write(request, asked)) },
    exists,
    namespaceState: (name) => {
      const fact = lookup.factOf({ type: 'namespaces', name });
      if (fact?.isTerminating === true) return 'terminating';
      if (fact !== undefined) return 'live';
      return planned.has(refKey({ type: 'namespaces', name })) ? 'planned' : 'absent';
    },
    isServerUp: () =>
      reader.identity(signal).then(
        () => true,
        () => false,
      ),
    signal,
  };
  const objects: JudgedObject[] = [];
  const total = compared.reduce((sum, { differences }) => sum + differences.length, 0);
  let done = 0;
  for (const type of compared) {
    for (const ref of type.unchanged) objects.push({ ref, judged: { verdict: 'unchanged', notes: [] } });
    const differences = readDifferences(type.differences, { ...input, lookup, typeOf });
    const judge = (read: DifferenceRead): Promise<JudgedWithLive> => judgeDifference(read, type, judgement, input);
    for await (const { object, before } of workAhead(differences, judgedAhead, judge)) {
      await input.judged?.(object, before);
      objects.push({ ...object, judged: withoutManifest(object.judged) });
      input.report?.({ kind: 'judged', objects: ++done, ofObjects: total });
    }
    for (const extra of type.extras) {
      const [live] = await readKept([extra.live], input.spool);
      const judged = judgeExtra(live!, listedType(type.target)!.version, input);
      await input.judged?.({ ref: extra.ref, judged }, live);
      objects.push({ ref: extra.ref, judged });
    }
  }
  return { objects, compared, lookup };
}

function withoutManifest(judged: Judged): Judged {
  const kept: { after?: Manifest } & Judged = { ...judged };
  delete kept.after;
  return kept;
}

/** Kinds to types: what the cluster serves, and what restored definitions bring. */
function kindsOf(compared: readonly ComparedType[], discovery: Discovery): ReadonlyMap<string, ResourceType> {
  const types = new Map(discovery.types.map((type) => [`${type.group}/${type.kind}`, type]));
  for (const { target } of compared) {
    if (target.kind === 'defined') types.set(`${target.type.group}/${target.type.kind}`, target.type);
  }
  return types;
}

/** What will be created, as far as that can be told before it is judged. */
function plannedRefs(compared: readonly ComparedType[]): ReadonlySet<string> {
  return new Set(
    compared.flatMap(({ target, differences }) =>
      target.kind === 'unservable' ? [] : differences.filter(isAbsent).map((difference) => refKey(difference.target)),
    ),
  );
}

function isAbsent({ live, unreadable }: Difference): boolean {
  return live === undefined && unreadable === undefined;
}

/** An owner that is being deleted takes its dependents along, and one that may not be read has no uid to name. */
function ownerState(owner: ObjectRef, lookup: LiveLookup, planned: ReadonlySet<string>): OwnerState {
  const fact = lookup.factOf(owner);
  if (fact !== undefined && !fact.isTerminating && fact.uid !== '') return { kind: 'live', uid: fact.uid };
  return planned.has(refKey(owner)) ? { kind: 'planned' } : { kind: 'absent' };
}

interface JudgedWithLive {
  readonly object: JudgedObject;
  readonly before: Manifest | undefined;
}

async function judgeDifference(
  { difference, source, sides }: DifferenceRead,
  type: ComparedType,
  judgement: Judgement,
  { reader, signal }: JudgeAllInput,
): Promise<JudgedWithLive> {
  const { target, unreadable } = difference;
  const ref = { ref: target, ...(compareRefs(source, target) !== 0 && { source }) };
  if (sides === undefined)
    return { object: { ...ref, judged: { verdict: 'unchanged', notes: [] } }, before: undefined };
  if (unreadable !== undefined) {
    const right = { verb: 'get', type: target.type, namespace: target.namespace } as const;
    const reason = { kind: 'forbidden', right, message: unreadable } as const;
    return { object: { ...ref, judged: { verdict: 'conflict', reason, notes: [] } }, before: undefined };
  }
  let { live } = sides;
  for (let look = 1; ; look++) {
    const candidate = { manifest: sides.manifest, source, target, live, named: type.scope.named };
    const judged = await judgeObject(candidate, type.target, judgement);
    const listed = listedType(type.target);
    if (judged.reason?.kind !== 'moved' || look === looksAtMost || listed === undefined) {
      return { object: { ...ref, judged }, before: live };
    }
    live = await reader.get(listed, target.namespace, target.name, signal);
  }
}

/** Nothing that is being deleted already is deleted again. */
function judgeExtra(live: Manifest, version: string, { options, digester }: JudgeAllInput): Judged {
  if (!options.prune || live.metadata.deletionTimestamp !== undefined) return { verdict: 'extra', notes: [] };
  return {
    verdict: 'delete',
    notes: [],
    write: {
      version,
      request: '',
      over: {
        uid: live.metadata.uid ?? '',
        resourceVersion: live.metadata.resourceVersion ?? '',
        content: digester.contentOf(live),
      },
      ...{ status: false, owners: [], missing: [], autoscaled: false },
    },
  };
}
