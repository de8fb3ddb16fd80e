import type { Backup } from '../../archive/open-backup.ts';
import type { IndexEntry } from '../../archive/index-entry.ts';
import type { EntryQuery } from '../../archive/index-reader.ts';
import type { TypeSummary } from '../../archive/summary.ts';
import { AppError } from '../../errors/app-error.ts';
import type { RawObject } from '../../object/raw-object.ts';
import { compareUtf8, formatRef, type ObjectRef } from '../../object/ref.ts';
import { typeName } from '../../object/resource-type.ts';
import { objectFilter, placement } from '../../select/match-object.ts';
import { planSelection, type TypePlan } from '../../select/plan-selection.ts';
import type { Selection } from '../../select/selection.ts';

/** What of a backup a restore is about: rules, or objects by name; with neither, all of it. */
export interface RestoreRequest {
  readonly selection?: Selection | undefined;
  /** Objects that were named one by one: the table of what is never restored does not hold for them. */
  readonly objects?: readonly ObjectRef[] | undefined;
}

/** What of one type is meant. */
export interface TypeScope {
  readonly type: TypeSummary;
  readonly query: EntryQuery;
  /** The question left to ask of each entry; undefined: none. */
  readonly keepsEntry: ((entry: IndexEntry) => boolean) | undefined;
  /** The question left to ask of each object's bytes; undefined: none. */
  readonly keepsObject: ((object: RawObject) => boolean) | undefined;
  /** Which live objects would be extra, were they not in the backup; undefined: none of the type. */
  readonly mayBeExtra: ((object: RawObject) => boolean) | undefined;
  /** Whether its objects were named one by one. */
  readonly named: boolean;
}

/** Every type that the request is about and the backup holds, sorted by name. */
export async function readScope(backup: Backup, request: RestoreRequest): Promise<readonly TypeScope[]> {
  const { types, selection: taken } = backup.header;
  if (request.objects !== undefined) return scopeOfObjects(backup, request.objects);
  const namespaces = await namespacesOf(backup);
  const scopes = planSelection(request.selection ?? everything, { types, namespaces });
  const whole = planSelection({ ...taken, preset: taken.preset ?? 'as taken' }, { types, namespaces });
  return scopes.types.map((plan) => {
    const own = whole.types.find((other) => typeName(other.type) === typeName(plan.type));
    return scopeOfPlan(plan, own, types);
  });
}

const noServer = { labelSelectors: [], fieldSelectors: [] } as const;

const everything: Selection = { rules: [{ excludeNoise: false }] };

function scopeOfPlan(plan: TypePlan, taken: TypePlan | undefined, types: readonly TypeSummary[]): TypeScope {
  const type = types.find((known) => typeName(known) === typeName(plan.type))!;
  const isPlaced = placement(plan);
  const isTaken = taken && placement(taken);
  // No server has filtered the entries of a backup: every condition is asked here.
  const filter = objectFilter({ ...plan, ...noServer });
  const takenFilter = taken === undefined ? undefined : objectFilter({ ...taken, ...noServer });
  const needsBytes =
    plan.noise.length > 0 || [...plan.rules, ...plan.within].some((rule) => rule.labelSelector ?? rule.fieldSelector);
  return {
    type,
    query: { types: [typeName(type)], namespaces: plan.namespaces },
    keepsEntry: (entry) => isPlaced(entry) && (needsBytes || filter === undefined || filter(bare(entry))),
    keepsObject: needsBytes ? filter : undefined,
    mayBeExtra:
      isTaken === undefined || plan.onlyNames !== undefined || taken?.onlyNames !== undefined
        ? undefined
        : (object) => isTaken(object) && filter?.(object) !== false && takenFilter?.(object) !== false,
    named: false,
  };
}

async function scopeOfObjects(backup: Backup, refs: readonly ObjectRef[]): Promise<readonly TypeScope[]> {
  const wanted = [...refs];
  for (const ref of refs) {
    if ((await backup.find(ref)) !== undefined) continue;
    throw new AppError('OBJECT_NOT_FOUND', `backup ${backup.header.name} has no ${formatRef(ref)}`, {
      hint: `see what it has: kubectl infrabackup get ${backup.header.name} ${ref.type}`,
      refs: [formatRef(ref)],
    });
  }
  return Map.groupBy(wanted, (ref) => ref.type)
    .entries()
    .map(([name, ofType]): TypeScope => {
      const isWanted = (object: Omit<ObjectRef, 'type'>): boolean =>
        ofType.some((ref) => ref.name === object.name && ref.namespace === object.namespace);
      return {
        type: backup.header.types.find((type) => typeName(type) === name)!,
        query: { types: [name] },
        keepsEntry: isWanted,
        keepsObject: undefined,
        mayBeExtra: undefined,
        named: true,
      };
    })
    .toArray()
    .sort((a, b) => compareUtf8(typeName(a.type), typeName(b.type)));
}

/** Names of all namespaces that the backup holds, or holds objects of. */
async function namespacesOf(backup: Backup): Promise<readonly string[]> {
  const names = new Set(backup.header.types.flatMap((type) => Object.keys(type.namespaces)));
  for await (const entry of backup.entries({ types: ['namespaces'] })) names.add(entry.name);
  return [...names].sort(compareUtf8);
}

const none = (): Readonly<Record<string, string>> => ({});

/** An entry as far as names and namespaces are asked for. */
function bare({ name, namespace, uid }: IndexEntry): RawObject {
  return {
    ...{ bytes: Buffer.alloc(0), name, namespace, uid, contentCuts: [] },
    ...{ ownerReferences: () => [], labels: none, annotations: none },
  };
}
