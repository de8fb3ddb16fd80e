import { isAppError } from '../errors/app-error.ts';
import type { Shortfall } from '../archive/summary.ts';
import type { ClusterReader, SpareRequests } from '../cluster/reader.ts';
import { compareUtf8 } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import { rawObject } from '../object/object-scanner.ts';
import { stringifyExactly } from '../object/parse-manifest.ts';
import type { RawObject } from '../object/raw-object.ts';
import { objectFilter, placement } from '../select/match-object.ts';
import { selectorsOf, type TypePlan } from '../select/plan-selection.ts';

/** Where the objects of one type go: a segment of the archive. */
export interface ObjectSink {
  add(object: RawObject): void;
  /** Resolves when more may be added without memory growing. */
  drain(): Promise<void>;
}

/** How one type is read. */
export interface ReadTypeOptions {
  readonly reader: ClusterReader;
  /** Read at exactly this revision; undefined reads the newest. */
  readonly revision: string | undefined;
  readonly chunkSize: number | undefined;
  readonly spare: SpareRequests;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

/** What reading one type came to. */
export interface ReadTypeResult {
  /** The revision that was read, where it is not the one asked for. */
  readonly otherRevision: string | undefined;
  readonly shortfalls: readonly Shortfall[];
  /** Why the first of the shortfalls is one. */
  readonly refusal: Error | undefined;
  /** Objects that a selected namespace would have brought along and that may not be read. */
  readonly unreadable: readonly string[];
}

/**
 * Reads one type into the sink, scope by scope in the order of the archive.
 *
 * What the cluster refuses for this type alone (a missing right, a broken aggregated API) is a shortfall; what ends the
 * backup (the cluster is gone, the credential is refused, a cancel) is thrown, and so is CLUSTER_REVISION_GONE, since
 * only the caller knows whether to begin anew.
 */
export async function readType(plan: TypePlan, sink: ObjectSink, options: ReadTypeOptions): Promise<ReadTypeResult> {
  const { reader, revision, chunkSize, spare, signal } = options;
  const type = typeName(plan.type);
  const isSelected = objectFilter(plan);
  const shortfalls: Shortfall[] = [];
  const unreadable: string[] = [];
  let otherRevision: string | undefined;
  let refusal: Error | undefined;

  const scopes: Scope[] = plan.meansMost ? [{ ...selectorsOf(plan), has: placement(plan) }] : scopesOf(plan);
  for (const { has, name, ...asked } of scopes) {
    try {
      for await (const batch of reader.list({ type: plan.type, ...asked, revision, chunkSize, spare, signal })) {
        if (batch.revision !== undefined && batch.revision !== revision) otherRevision = batch.revision;
        for (const object of batch.objects) {
          if (has?.(object) !== false && isSelected?.(object) !== false) sink.add(object);
        }
        options.onProgress();
        await sink.drain();
      }
    } catch (error) {
      if (!endsOneTypeOnly(error)) throw error;
      if (has !== undefined && isAppError(error, 'CLUSTER_FORBIDDEN')) scopes.push(...scopesOf(plan));
      else if (plan.onlyNames !== undefined && name !== undefined) {
        if (!(await readOne(plan, name, sink, options))) unreadable.push(`${type}/${name}`);
      } else {
        shortfalls.push({ kind: 'unlisted', type, ...scopeName(asked.namespace), message: error.message });
        refusal ??= error;
      }
    }
  }
  return { otherRevision, shortfalls, refusal, unreadable };
}

/** What one list is asked for. */
interface Scope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly name?: string;
  /** Of a list that brings more than is meant: whether this is. */
  readonly has?: (object: RawObject) => boolean;
}

/** Namespace by namespace, or name by name: what a user without rights to all of the type may read. */
function scopesOf(plan: TypePlan): Scope[] {
  const common = selectorsOf(plan);
  if (plan.onlyNames !== undefined) {
    return plan.onlyNames.map((name) => ({ ...common, name, fieldSelector: `metadata.name=${name}` }));
  }
  // `a-b/x` comes before `a/x`: namespaces in the order of their names alone would have the type packed a second time.
  const inOrder = plan.namespaces?.toSorted((a, b) => compareUtf8(`${a}/`, `${b}/`));
  return inOrder?.map((namespace) => ({ ...common, namespace })) ?? [common];
}

/**
 * The object by its name, for users who may get but not list: in a namespace of one's own a Role allows just that.
 * It is the newest state, which for a Namespace or a CRD is next to never another than at the backup's revision.
 */
async function readOne(plan: TypePlan, name: string, sink: ObjectSink, options: ReadTypeOptions): Promise<boolean> {
  try {
    const found = await options.reader.get(plan.type, undefined, name, options.signal);
    if (found !== undefined) sink.add(rawObject(Buffer.from(stringifyExactly(found))));
    return true;
  } catch (error) {
    if (!endsOneTypeOnly(error)) throw error;
    return false;
  }
}

function endsOneTypeOnly(error: unknown): error is Error {
  return isAppError(error, 'CLUSTER_FORBIDDEN', 'CLUSTER_ERROR', 'CLUSTER_PROTOCOL', 'CLUSTER_TIMEOUT');
}

function scopeName(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}
