import { AppError, isAppError } from '../errors/app-error.ts';
import type { ArchiveWriter } from '../archive/archive-writer.ts';
import type { SegmentStats, SegmentWriter } from '../archive/open-segments.ts';
import type { Shortfall, TypeSummary } from '../archive/summary.ts';
import type { ClusterReader, SpareRequests } from '../cluster/reader.ts';
import { concurrently, orCancelled } from '../concurrently.ts';
import { typeName, type ResourceType } from '../object/resource-type.ts';
import { planWhole, type TypePlan } from '../select/plan-selection.ts';
import type { ReportBackup } from './backup-event.ts';
import { newestRevision } from './newest-revision.ts';
import type { BackupPlan } from './plan-backup.ts';
import { readType, type ReadTypeResult } from './read-type.ts';

/** How a cluster is read. */
export interface ReadClusterOptions {
  readonly reader: ClusterReader;
  readonly writer: ArchiveWriter;
  /** The newest revision, asked for beforehand. */
  readonly revision: Promise<string | undefined>;
  /** Lists that are asked for at a time. */
  readonly concurrency: number;
  readonly chunkSize: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly report: ReportBackup;
}

/** What of a cluster came into the archive. */
export interface ClusterReading {
  /** The one revision that types were read at; undefined where the API gave none. */
  readonly revision: string | undefined;
  /** Sorted by type name. */
  readonly types: readonly TypeSummary[];
  readonly shortfalls: readonly Shortfall[];
  /** Objects that belong to what was selected, were not asked for themselves, and may not be read. */
  readonly unreadable: readonly string[];
}

/**
 * Reads every planned type into the archive at one etcd revision, so that it shows the cluster at one instant.
 *
 * etcd forgets old revisions every few minutes. When that overtakes a long reading (410), everything is read again once
 * at a newer revision; a type that it overtakes again, and types that know no common revision, are read at their newest
 * state and named as shortfalls. A cluster that refuses every type is no backup: the first refusal is thrown.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
export async function readCluster(plan: BackupPlan, options: ReadClusterOptions): Promise<ClusterReading> {
  const revision = await orCancelled(options.revision, options.signal);
  const first = await readOnce(plan, options, revision, 'begin-anew');
  if (first !== 'gone') return first;
  const newer = await newestRevision(plan, options.reader, options.signal);
  const second = await readOnce(plan, options, newer, 'read-that-type-now');
  return second as ClusterReading;
}

async function readOnce(
  plan: BackupPlan,
  options: ReadClusterOptions,
  revision: string | undefined,
  whenGone: 'begin-anew' | 'read-that-type-now',
): Promise<ClusterReading | 'gone'> {
  if (whenGone === 'begin-anew') {
    options.report({ kind: 'planned', types: plan.types.length, ...(revision !== undefined && { revision }) });
  } else if (revision !== undefined) options.report({ kind: 'restarted', revision });
  const round = new Round(plan, options, revision, whenGone === 'read-that-type-now');
  try {
    await concurrently(
      longestFirst(plan.types),
      options.concurrency,
      (typePlan, signal) => round.readPlanned(typePlan, signal),
      options.signal,
    );
    await round.readDefinitions(options.signal);
    return round.result();
  } catch (error) {
    await round.discard();
    if (isAppError(error, 'CLUSTER_REVISION_GONE') && whenGone === 'begin-anew') return 'gone';
    throw error;
  }
}

/** One pass over all types at one revision. */
class Round {
  readonly #plan: BackupPlan;
  readonly #options: ReadClusterOptions;
  readonly #revision: string | undefined;
  readonly #readsGoneNow: boolean;
  readonly #spare: SpareLists;
  readonly #open = new Set<SegmentWriter>();
  readonly #types: TypeSummary[] = [];
  readonly #shortfalls: Shortfall[] = [];
  readonly #unreadable: string[] = [];
  /** Whether any type could be read as it was asked for. */
  #readAny = false;
  #refusal: Error | undefined;

  constructor(plan: BackupPlan, options: ReadClusterOptions, revision: string | undefined, readsGoneNow: boolean) {
    this.#plan = plan;
    this.#options = options;
    this.#revision = revision;
    this.#readsGoneNow = readsGoneNow;
    this.#spare = new SpareLists(plan.types.length, options.concurrency);
  }

  async readPlanned(plan: TypePlan, signal: AbortSignal): Promise<void> {
    await this.#read(plan, signal);
    this.#spare.listed();
  }

  /** The CRDs of the custom resources that were found, where the selection leaves cluster-scoped types to us. */
  async readDefinitions(signal: AbortSignal | undefined): Promise<void> {
    const type = this.#plan.definitions;
    if (type === undefined) return;
    const onlyNames = this.#types.filter((read) => read.count > 0 && mayBeCustom(read)).map(typeName);
    if (onlyNames.length === 0) return;
    await this.#read({ ...planWhole(type), onlyNames }, signal ?? new AbortController().signal);
  }

  /** Throws the first refusal when nothing could be read. */
  result(): ClusterReading {
    if (this.#refusal !== undefined && !this.#readAny) throw nothingRead(this.#refusal);
    return {
      revision: this.#revision,
      types: this.#types.sort((a, b) => (typeName(a) < typeName(b) ? -1 : 1)),
      shortfalls: this.#shortfalls,
      unreadable: this.#unreadable.sort(),
    };
  }

  async discard(): Promise<void> {
    await Promise.all([...this.#open].map((segment) => segment.discard()));
  }

  async #read(plan: TypePlan, signal: AbortSignal): Promise<void> {
    const isAggregated = this.#plan.aggregated.has(typeName(plan.type));
    try {
      await this.#readAt(isAggregated ? undefined : this.#revision, this.#options.chunkSize, plan, signal);
    } catch (error) {
      if (!isAppError(error, 'CLUSTER_REVISION_GONE') || !(this.#readsGoneNow || isAggregated)) throw error;
      // In one request: pages of the newest state can be overtaken just the same.
      await this.#readAt(undefined, 0, plan, signal);
    }
  }

  async #readAt(
    revision: string | undefined,
    chunkSize: number | undefined,
    plan: TypePlan,
    signal: AbortSignal,
  ): Promise<void> {
    const { reader, writer, report } = this.#options;
    const type = typeName(plan.type);
    const segment = writer.segment(plan.type);
    this.#open.add(segment);
    const onProgress = (): void => {
      report({ kind: 'progress', type, objects: segment.count, sizeBytes: segment.sizeBytes });
    };
    try {
      const how = { reader, revision, chunkSize, spare: this.#spare, signal, onProgress };
      const result = await readType(plan, segment, how);
      const stats = await segment.close();
      this.#account(plan.type, stats, result);
      report({ kind: 'type-done', type, objects: stats.count, sizeBytes: stats.sizeBytes });
    } catch (error) {
      this.#open.delete(segment);
      await segment.discard();
      throw error;
    }
  }

  #account(type: ResourceType, stats: SegmentStats, result: ReadTypeResult): void {
    const isLater = result.otherRevision !== undefined && this.#revision !== undefined && stats.count > 0;
    this.#types.push({
      ...type,
      count: stats.count,
      sizeBytes: stats.sizeBytes,
      namespaces: stats.namespaces,
      ...(isLater && { revision: result.otherRevision }),
    });
    const shortfalls = [...result.shortfalls];
    if (isLater) {
      const isAggregated = this.#plan.aggregated.has(typeName(type));
      const reason = isAggregated
        ? 'an aggregated API server serves it, whose revisions are its own'
        : 'its revision was compacted away, or its API does not read at a given revision';
      shortfalls.push({ kind: 'later', type: typeName(type), reason });
    }
    for (const shortfall of shortfalls) this.#options.report({ kind: 'shortfall', shortfall });
    this.#shortfalls.push(...shortfalls);
    this.#unreadable.push(...result.unreadable);
    this.#refusal ??= result.refusal;
    this.#readAny ||= stats.count > 0 || (result.refusal === undefined && result.unreadable.length === 0);
  }
}

/** Once fewer types are left than may be read at a time, their next pages are asked for ahead. */
class SpareLists implements SpareRequests {
  readonly #atOnce: number;
  #left: number;
  #taken = 0;

  constructor(types: number, atOnce: number) {
    this.#left = types;
    this.#atOnce = atOnce;
  }

  /** A type was read to its end. */
  listed(): void {
    this.#left--;
  }

  take(): boolean {
    if (this.#left + this.#taken >= this.#atOnce) return false;
    this.#taken++;
    return true;
  }

  giveBack(): void {
    this.#taken--;
  }
}

function nothingRead(refusal: Error): Error {
  if (!isAppError(refusal)) return refusal;
  const { code, message, hint, refs } = refusal;
  const said = `nothing of what was selected could be read, so there is no backup: ${message}`;
  return new AppError(code, said, { hint, refs, cause: refusal });
}

/** In which most clusters keep most of their bytes. */
const bulky: readonly string[] = ['configmaps', 'secrets'];

/**
 * What begins last is waited for alone. After the bulky types come the custom resources, before the many short lists:
 * only the end of one of their pages tells where the next begins, so theirs are never asked for ahead.
 */
function longestFirst(types: readonly TypePlan[]): readonly TypePlan[] {
  const rank = ({ type }: TypePlan): number => {
    if (bulky.includes(typeName(type))) return 0;
    // Nearly all groups below k8s.io are built in.
    return mayBeCustom(type) && !type.group.endsWith('.k8s.io') ? 1 : 2;
  };
  return types.toSorted((a, b) => rank(a) - rank(b));
}

/** Types of the API server's own have a CRD never; asking for theirs would be a request each for nothing. */
function mayBeCustom({ group }: Pick<ResourceType, 'group'>): boolean {
  return group.includes('.');
}
