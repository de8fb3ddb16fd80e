import type { Backup } from '../../archive/open-backup.ts';
import type { OpenSpool, Spool } from '../../archive/spool.ts';
import { formatInstant, type Clock } from '../../clock.ts';
import type { ClusterIdentity, ClusterReader } from '../../cluster/reader.ts';
import type { RightsReviewer } from '../../cluster/rights.ts';
import type { DryRunWriter } from '../../cluster/writer.ts';
import { concurrently } from '../../concurrently.ts';
import { AppError } from '../../errors/app-error.ts';
import { typeName } from '../../object/resource-type.ts';
import { contentDigester, noDigester } from '../content-of.ts';
import type { RestoreOptions } from '../restore-options.ts';
import type { PlannedBackup, RestorePlan } from '../restore-plan.ts';
import { compareLive, type ComparedType } from './compare-live.ts';
import { finishPlan } from './finish-plan.ts';
import { judgeAll, type ReportJudged } from './judge-all.ts';
import type { PlanEvent } from './plan-event.ts';
import { newRunId, newRunKey } from './run-identity.ts';
import { readScope, type RestoreRequest } from './restore-scope.ts';
import { readTypeTargets } from './type-target.ts';

/** What a restore is planned from. Nothing here can change the cluster. */
export interface PlanRestoreInput {
  readonly backup: Backup;
  readonly reader: ClusterReader;
  readonly dryRun: DryRunWriter;
  readonly rights: RightsReviewer;
  readonly request: RestoreRequest;
  readonly options: RestoreOptions;
  readonly openSpool: OpenSpool;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((event: PlanEvent) => void) | undefined;
  /** Is given each object that differs, with both its sides, in the order of backups. */
  readonly judged?: ReportJudged | undefined;
  /** The plan is never carried out: the digests by which a run knows its objects again are not made. */
  readonly onlyLookedAt?: boolean | undefined;
}

/** Types whose live objects are listed at a time. */
const typesAtOnce = 4;

/**
 * What a restore would change in the live cluster, without changing it.
 *
 * Live objects are held against the backup by content digests first; only what exists and differs is asked of the
 * server, by a dry run of the very request that would be sent. Memory holds a line for each object, never their
 * manifests. The same cluster and backup give the same plan, but for its id, key and time.
 *
 * Throws TYPE_UNKNOWN, SELECTION_EMPTY and OBJECT_NOT_FOUND for what the request names, USAGE for modifiers that do not
 * fit, BACKUP_DAMAGED, the codes of `ClusterReader`, CANCELLED.
 */
export async function planRestore(input: PlanRestoreInput): Promise<RestorePlan> {
  const { backup, reader, options, signal } = input;
  const [cluster, discovery] = await Promise.all([reader.identity(signal), reader.discover(signal)]);
  const otherCluster = isOtherCluster(backup.header.cluster, cluster);
  const isCopy = Object.keys(options.namespaceMapping).length > 0;
  const settled: RestoreOptions = {
    ...options,
    addresses: options.addresses ?? (otherCluster === true || isCopy ? 'reassign' : 'keep'),
  };
  checkMapping(options);
  const scopes = await readScope(backup, input.request);
  const targets = await readTypeTargets({ backup, reader, discovery, version: cluster.version, scopes, signal });
  const spool = await input.openSpool();
  try {
    const compared = await compareTypes(
      scopes.map((scope) => [scope, targets.get(typeName(scope.type))!] as const),
      spool,
      input,
    );
    const key = newRunKey(input.random);
    const judged = await judgeAll(compared, {
      ...{ backup, reader, spool, discovery, signal, clock: input.clock, report: input.report, judged: input.judged },
      ...{
        dryRun: input.dryRun,
        options: settled,
        digester: input.onlyLookedAt === true ? noDigester : contentDigester(key),
      },
    });
    const plannedAt = formatInstant(input.clock.now());
    return await finishPlan(judged, {
      head: {
        id: newRunId(plannedAt, input.random),
        key,
        plannedAt,
        backup: plannedBackup(backup),
        cluster,
        otherCluster,
        options: settled,
      },
      ...{ reader, discovery, rights: input.rights, signal },
    });
  } finally {
    await spool.close();
  }
}

type ScopeAndTarget = readonly [Parameters<typeof compareLive>[0], Parameters<typeof compareLive>[1]];

async function compareTypes(
  pairs: readonly ScopeAndTarget[],
  spool: Spool,
  { backup, reader, options, signal, report }: PlanRestoreInput,
): Promise<readonly ComparedType[]> {
  const mapping = options.namespaceMapping;
  const contentIsNotAll =
    Object.keys(mapping).length > 0 || options.modifiers !== undefined || options.status === 'all';
  const compared = new Array<ComparedType>(pairs.length);
  let done = 0;
  // The longest lists first, so that none is left to be read alone.
  const byLength = [...pairs.entries()].sort(([, [a]], [, [b]]) => b.type.sizeBytes - a.type.sizeBytes);
  await concurrently(
    byLength,
    typesAtOnce,
    async ([index, [scope, target]], inner) => {
      compared[index] = await compareLive(scope, target, {
        ...{ backup, reader, spool, mapping, contentIsNotAll, signal: inner },
      });
      report?.({ kind: 'compared', types: ++done, ofTypes: pairs.length });
    },
    signal,
  );
  return compared;
}

function isOtherCluster(backup: ClusterIdentity, live: ClusterIdentity): boolean | undefined {
  return backup.uid === undefined || live.uid === undefined ? undefined : backup.uid !== live.uid;
}

function plannedBackup({ header, summary }: Backup): PlannedBackup {
  return {
    name: header.name,
    cluster: header.cluster,
    takenAt: header.startedAt,
    ...(summary !== undefined && { digest: summary.digest }),
  };
}

function checkMapping({ namespaceMapping }: RestoreOptions): void {
  const targets = Object.values(namespaceMapping);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice === undefined) return;
  throw new AppError('USAGE', `two namespaces are mapped to '${twice}': their objects would be mixed`, {
    hint: 'give each its own name',
  });
}
