import {
  AppError,
  dryRunWriter,
  findTypes,
  findUnfinished,
  formatMoment,
  isWrite,
  planRestore,
  typeName,
  unknownType,
  type ArchiveHeader,
  type Backup,
  type ObjectRef,
  type Outcome,
  type RestoreOptions,
  type RestorePlan,
  type RestoreRequest,
  type RunRecord,
} from '@infrabackup/core';
import type { Connection } from '@infrabackup/kube';
import type { FoundBackup } from '@infrabackup/storage';
import { confirm } from '../confirm.ts';
import { contextNamespace } from '../context-namespace.ts';
import { findBackup, locationOf, openFound } from '../find-backup.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { keyFlags, readKeys } from '../flags/encryption-flags.ts';
import { underHeading, type FlagValues } from '../flags/flag.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { restoreFlags, restoreOptionsOf } from '../flags/restore-flags.ts';
import { selectionFlags } from '../flags/selection-flags.ts';
import { restoreRequestOf } from '../objects/restore-request.ts';
import { openConnection } from '../open-cluster.ts';
import { renderJson } from '../render/json.ts';
import { overwrittenLine, planProgress } from '../render/progress-line.ts';
import { formatCount } from '../render/quantity.ts';
import { carryOut } from '../restore/carry-out.ts';
import { openRuns } from '../restore/open-runs.ts';
import { resume } from '../restore/resume.ts';
import { describeMissingRights, renderMissingRights, renderPlan } from '../restore/render-plan.ts';
import type { Shell } from '../shell.ts';
import { defineVerb } from '../verb.ts';

const flags = {
  ...fromFlag,
  yes: { kind: 'boolean', short: 'y', describe: 'Do not ask' },
  'dry-run': {
    kind: 'string',
    choices: ['client', 'server'],
    describe:
      'Only show the plan: client asks the server about changes, as every plan does; server tries creations there too',
  },
  'to-other-cluster': {
    kind: 'boolean',
    describe: 'Restore although the cluster is not the one that the backup was taken from',
  },
  output: outputFlag(['text', 'json', 'name']),
  ...underHeading('Run flags:', {
    resume: { kind: 'string', describe: 'Go on with the restore of this id, which was cut off' },
    'start-over': {
      kind: 'boolean',
      describe: 'Make a new plan, although the same restore was cut off and could be gone on with',
    },
    'scale-down': {
      kind: 'list',
      describe:
        'Workloads to scale to 0 while the restore goes on, TYPE/NAME of the namespace; they get their size back. When left out, those that the ResourceSet of the backup names',
    },
    'stay-down': { kind: 'boolean', describe: 'Leave those workloads at 0' },
  }),
  ...selectionFlags,
  ...restoreFlags,
  ...keyFlags,
  ...connectionFlags,
} as const;

type Flags = FlagValues<typeof flags>;

/** `restore`: brings the cluster, or some of its objects, to what a backup says. */
export const restore = defineVerb({
  usage: 'restore BACKUP [TYPE/NAME...]',
  arity: [0, Infinity],
  completes: ['backup', 'object'],
  flags,
  description: `Plans first, shows the plan, asks, and then does exactly that: objects that are missing are created, those that differ are changed, in an order in which they can exist. 'diff' with the same flags shows every change before. What the control plane owns and what controllers make by themselves is left alone, unless it is named.

Before the first change, what will be changed is kept: 'undo' takes a restore back. A restore that is cut off is gone on with by the same command, or by --resume. An object that somebody changes between plan and write is left as it is, and reported.`,
  examples: [
    ['kubectl infrabackup restore nightly', 'Everything that differs, after asking'],
    ['kubectl infrabackup restore nightly deploy/web cm/web -n shop', 'Some objects'],
    ['kubectl infrabackup restore nightly -n shop --existing skip --yes', 'What is missing in a namespace'],
    ['kubectl infrabackup restore nightly -n shop --namespace-mapping shop=shop-test', 'Into another namespace'],
    ['kubectl infrabackup restore nightly --dry-run=server', 'Only the plan, every object tried on the server'],
  ],
  outcomes: ['partial', 'not-found', 'exists', 'refused', 'cluster', 'location', 'damaged', 'key'],
  run: async ({ positionals: [named, ...words], flags: given }, shell) => {
    const connection = await openConnection(given, shell);
    if (given.resume !== undefined) {
      if (named !== undefined) throw new AppError('USAGE', '--resume goes on with what was planned: name no backup');
      return await resume({ id: given.resume, connection, keyFlags: given, output: given.output }, shell);
    }
    if (named === undefined)
      throw new AppError('USAGE', 'name the backup to restore', { hint: 'kubectl infrabackup list' });
    const found = await findBackup(named, given.from, shell);
    const backup = await openFound(found, given, shell);
    const options = await optionsOf(given, shell);
    const request = await restoreRequestOf(backup.header, words, given, shell);
    const scaleDown = await scaleDownOf(given, backup.header, request, shell);
    const wanted: Wanted = { found, backup, options, request, scaleDown };
    const unfinished = await unfinishedOf(wanted, connection, given, shell);
    if (unfinished !== undefined) {
      await shell.err.write(
        `going on with restore ${unfinished.head.id}, which was cut off (--start-over plans anew)\n`,
      );
      return await resume({ id: unfinished.head.id, connection, keyFlags: given, output: given.output }, shell);
    }
    return await restoreAnew(wanted, connection, given, shell);
  },
});

/** What a command line asks for. */
interface Wanted {
  readonly found: FoundBackup;
  readonly backup: Backup;
  readonly options: RestoreOptions;
  readonly request: RestoreRequest;
  readonly scaleDown: readonly ObjectRef[];
}

async function optionsOf(given: Flags, shell: Shell): Promise<RestoreOptions> {
  const options = await restoreOptionsOf(given, shell);
  return given['dry-run'] === 'server' ? { ...options, validate: true } : options;
}

/** Those of the flag; else, where all of the backup is restored, those of the ResourceSet that it was made by. */
async function scaleDownOf(
  given: Flags,
  { types, selection }: ArchiveHeader,
  request: RestoreRequest,
  shell: Shell,
): Promise<readonly ObjectRef[]> {
  const words = given['scale-down'];
  if (words === undefined) return Object.keys(request).length === 0 ? (selection.scaleDown ?? []) : [];
  const [namespace = await contextNamespace(given, shell), ...others] = given.namespace ?? [];
  if (others.length > 0) throw new AppError('USAGE', '--scale-down takes workloads of one namespace: give one -n');
  return words.map((word): ObjectRef => {
    const [typeWord = '', name = '', ...rest] = word.split('/');
    if (name === '' || rest.length > 0) throw new AppError('USAGE', `--scale-down '${word}' is not TYPE/NAME`);
    const [type] = findTypes(typeWord, types);
    if (type === undefined) throw unknownType(typeWord, types, 'the backup');
    return { type: typeName(type), namespace, name };
  });
}

async function unfinishedOf(
  { backup, request, options, scaleDown }: Wanted,
  connection: Connection,
  given: Flags,
  shell: Shell,
): Promise<RunRecord | undefined> {
  if (given['start-over'] === true || given['dry-run'] !== undefined) return undefined;
  const { connectCluster } = await import('@infrabackup/kube');
  const { header, summary } = backup;
  const digest = summary === undefined ? {} : { digest: summary.digest };
  return await findUnfinished(await openRuns(shell), {
    backup: { name: header.name, cluster: header.cluster, takenAt: header.startedAt, ...digest },
    cluster: await connectCluster(connection).identity(shell.signal),
    ...{ request, options, scaleDown },
  });
}

async function restoreAnew(wanted: Wanted, connection: Connection, given: Flags, shell: Shell): Promise<Outcome> {
  const { backup, found, scaleDown, request } = wanted;
  const plan = await planned(wanted, connection, shell);
  const { counts } = plan;
  const stuck = counts.conflict + counts.unservable;
  const writes = plan.objects.filter(({ verdict }) => isWrite(verdict)).length;
  if (given['dry-run'] !== undefined && given.output === 'json') {
    const { key: _key, ...shown } = plan;
    await shell.out.write(renderJson(shown));
    return stuck === 0 ? 'done' : 'partial';
  }
  const title = `Restore ${backup.header.name} of ${backup.header.startedAt} into ${clusterName(plan)}`;
  const sink = given['dry-run'] === undefined ? shell.err : shell.out;
  await sink.write(renderPlan(plan, title, sink));
  if (given['dry-run'] !== undefined) return stuck === 0 ? 'done' : 'partial';
  await guard(plan, backup, given, shell);
  if (writes === 0) {
    await shell.err.write('There is nothing to write.\n');
    return stuck === 0 ? 'done' : 'partial';
  }
  const command = `kubectl infrabackup restore ${backup.header.name}${fromSuffix(given.from)}`;
  await confirm(`Write ${formatCount(writes, 'object')} into ${clusterName(plan)}?`, given.yes, command, shell);
  const runs = await openRuns(shell);
  await using run = await runs.create(
    {
      id: plan.id,
      kind: 'restore',
      startedAt: formatMoment(shell.clock.now()),
      location: locationOf(found),
      request,
      scaleDown,
      stayDown: given['stay-down'] ?? false,
    },
    plan,
  );
  const keys = await readKeys(given, locationOf(found), shell);
  return await carryOut({ run, backup, connection, keys, output: given.output }, shell);
}

async function planned(
  { backup, options, request }: Wanted,
  connection: Connection,
  shell: Shell,
): Promise<RestorePlan> {
  const { connectCluster, connectRights, connectWriter } = await import('@infrabackup/kube');
  const { openDiskSpool } = await import('@infrabackup/storage');
  const line = overwrittenLine(shell.err, shell.clock);
  try {
    return await planRestore({
      ...{ backup, request, options, clock: shell.clock, random: shell.random, signal: shell.signal },
      reader: connectCluster(connection),
      dryRun: dryRunWriter(connectWriter(connection)),
      rights: connectRights(connection),
      openSpool: () => openDiskSpool(shell.scratchFolder),
      report: planProgress(line),
    });
  } finally {
    line.clear();
  }
}

/** Refuses, before anything is written, what a person must have meant. */
async function guard(plan: RestorePlan, backup: Backup, given: Flags, shell: Shell): Promise<void> {
  if (plan.missingRights.length > 0) {
    await shell.err.write(renderMissingRights(plan));
    throw new AppError('RIGHTS_MISSING', `you may not ${describeMissingRights(plan)}; nothing was changed`, {
      hint: 'ask for these rights, or restore less: --include-resources, -n, TYPE/NAME',
    });
  }
  if (plan.otherCluster !== true || given['to-other-cluster'] === true) return;
  const { context, server } = backup.header.cluster;
  throw new AppError(
    'OTHER_CLUSTER',
    `backup ${backup.header.name} is of another cluster (${context ?? server}) than this one (${clusterName(plan)}); nothing was changed`,
    { hint: 'when that is meant: the same command with --to-other-cluster' },
  );
}

function clusterName({ cluster }: RestorePlan): string {
  return cluster.context ?? cluster.server;
}
