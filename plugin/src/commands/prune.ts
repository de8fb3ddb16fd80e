import {
  AppError,
  executePrune,
  listBackups,
  listDebris,
  parseBackupName,
  parseLabelSelector,
  planPrune,
  type KeepReason,
  type KeepRules,
  type PruneOptions,
  type PruneOutcome,
  type PruneReason,
} from '@infrabackup/core';
import { confirm } from '../confirm.ts';
import { underHeading, type FlagValues } from '../flags/flag.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { openLocation } from '../open-location.ts';
import { formatAge } from '../render/age.ts';
import { formatCount } from '../render/quantity.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { defineVerb } from '../verb.ts';

const keepFlags = underHeading('Rules:', {
  'keep-last': { kind: 'integer', describe: 'Keep so many of the newest backups' },
  'keep-hourly': { kind: 'integer', describe: 'Keep one backup of each of so many hours that have any' },
  'keep-daily': { kind: 'integer', describe: 'Keep one backup of each of so many days' },
  'keep-weekly': { kind: 'integer', describe: 'Keep one backup of each of so many weeks (Monday to Sunday)' },
  'keep-monthly': { kind: 'integer', describe: 'Keep one backup of each of so many months' },
  'keep-within': {
    kind: 'ttl',
    describe: 'Keep every backup that was taken less than so long before the newest one, e.g. 48h or 2w',
  },
});

const flags = {
  ...fromFlag,
  selector: { kind: 'string', short: 'l', describe: 'Only backups whose labels match, as for kubectl -l' },
  'cluster-uid': { kind: 'string', describe: 'Only backups of the cluster with this uid; describe shows it' },
  'dry-run': { kind: 'boolean', describe: 'Only tell what would be deleted, and what would stay and why' },
  yes: { kind: 'boolean', short: 'y', describe: 'Do not ask' },
  output: outputFlag(['text', 'json']),
  ...keepFlags,
} as const;

/** `prune`: deletes the backups whose time is over, those that no rule keeps, and what dead writers left. */
export const prune = defineVerb({
  usage: 'prune [BACKUP]...',
  arity: [0, Infinity],
  completes: ['backup'],
  flags,
  description: `Deletes the backups that have expired, and what is left of those that were never finished. With rules (--keep-...) also every backup that none of them keeps, except those whose time to live is not over. Nothing else deletes backups by itself.

Rules are those of restic. Each counts by itself and for each cluster by itself; a backup stays when one keeps it. What stands for an hour, day, week or month, all of UTC, is its newest complete backup; while there are fewer of them than the rule may keep, the oldest backup stays, too.

The last good backup of each cluster stays whatever time and rules say: the newest complete one, or the newest where none is complete. Named or selected, only those backups are looked at: whole names, never the beginning of one.`,
  examples: [
    ['kubectl infrabackup prune --dry-run', 'What would go, what stays and why'],
    ['kubectl infrabackup prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --yes', 'In a script'],
    ['kubectl infrabackup prune -l schedule=nightly --keep-last 14', 'Of one schedule'],
  ],
  outcomes: ['partial', 'not-found', 'refused', 'location'],
  run: async ({ positionals, flags }, shell) => {
    const names = [...new Set(positionals.map(parseBackupName))];
    const scope: PruneOptions = {
      names: names.length === 0 ? undefined : names,
      labels: flags.selector === undefined ? undefined : parseLabelSelector(flags.selector),
      clusterUid: flags['cluster-uid'],
      keep: rulesOf(flags),
    };
    const store = await openLocation(flags.from, shell);
    const { backupWriter } = await import('@infrabackup/storage');
    const options = { writer: backupWriter(shell.clock), signal: shell.signal };
    const [backups, debris] = await Promise.all([
      Array.fromAsync(listBackups(store, shell.signal)),
      Array.fromAsync(listDebris(store, options)),
    ]);
    const missing = names.filter((name) => ![...backups, ...debris].some((found) => found.name === name));
    if (missing.length > 0) {
      throw new AppError('BACKUP_NOT_FOUND', `${store.uri} has no backup ${missing.join(', ')}; nothing was deleted`, {
        hint: `see what it has: kubectl infrabackup list${fromSuffix(flags.from)}`,
        refs: missing,
      });
    }
    const plan = planPrune(backups, debris, shell.clock.now(), scope);
    const isJson = flags.output === 'json';
    const takenAt = new Map(backups.map(({ name, summary }) => [name, summary?.startedAt]));
    const ageOf = (name: string): string => {
      const at = takenAt.get(name);
      return at === undefined ? '' : formatAge(shell.clock.now() - Date.parse(at));
    };
    if (!isJson && plan.remove.length + plan.keep.length === 0) {
      const narrowed = names.length > 0 || scope.labels !== undefined || scope.clusterUid !== undefined;
      await shell.out.write(`nothing to prune: ${store.uri} has no backup${narrowed ? ' that this is about' : ''}\n`);
      return 'done';
    }
    if (flags['dry-run'] === true) {
      await shell.out.write(isJson ? renderJson(plan) : renderPlan(plan, ageOf));
      return 'done';
    }
    const removed: PruneOutcome[] = [];
    if (plan.remove.length > 0) {
      if (!isJson) await shell.err.write(renderPlan(plan, ageOf));
      const question = `Delete ${formatCount(plan.remove.length, 'backup')} from ${store.uri} for good?`;
      await confirm(question, flags.yes, `kubectl infrabackup prune${again(names, flags)}`, shell);
      for await (const outcome of executePrune(store, plan, options)) {
        removed.push(outcome);
        const { name, reason, problem } = outcome;
        if (isJson) continue;
        if (problem === undefined) await shell.out.write(`backup "${name}" deleted (${describeReason(reason)})\n`);
        else await shell.err.write(`error: backup "${name}" was not deleted: ${problem.message}\n`);
      }
    }
    if (isJson) await shell.out.write(renderJson({ removed, keep: plan.keep }));
    else if (plan.remove.length === 0)
      await shell.out.write(`nothing to prune: ${formatCount(plan.keep.length, 'backup')} kept\n`);
    return removed.some(({ problem }) => problem !== undefined) ? 'partial' : 'done';
  },
});

/** Undefined without any rule. Throws USAGE for one that keeps nothing. */
function rulesOf(given: FlagValues<typeof keepFlags>): KeepRules | undefined {
  const zero = Object.keys(keepFlags).find((flag) => given[flag as keyof typeof keepFlags] === 0);
  if (zero !== undefined) throw new AppError('USAGE', `--${zero} takes 1 or more; leave it out to have no such rule`);
  const rules: KeepRules = {
    last: given['keep-last'],
    hourly: given['keep-hourly'],
    daily: given['keep-daily'],
    weekly: given['keep-weekly'],
    monthly: given['keep-monthly'],
    withinMs: given['keep-within'],
  };
  return Object.values(rules).some((rule) => rule !== undefined) ? rules : undefined;
}

/** The same names, selection and rules for a hint: with any of them left out it would delete more. */
function again(names: readonly string[], given: FlagValues<typeof flags>): string {
  const kept = Object.keys(keepFlags).flatMap((flag) => {
    const value = given[flag as keyof typeof keepFlags];
    if (value === undefined) return [];
    return ` --${flag} ${flag === 'keep-within' ? `${value / 60_000}m` : value}`;
  });
  return [
    ...names.map((name) => ` ${name}`),
    fromSuffix(given.from),
    given.selector === undefined ? '' : ` -l '${given.selector}'`,
    given['cluster-uid'] === undefined ? '' : ` --cluster-uid ${given['cluster-uid']}`,
    ...kept,
  ].join('');
}

function renderPlan({ remove, keep }: ReturnType<typeof planPrune>, ageOf: (name: string) => string): string {
  return renderTable([
    ['NAME', 'AGE', 'WHAT', 'WHY'],
    ...remove.map(({ name, reason }) => [name, ageOf(name), 'delete', describeReason(reason)]),
    ...keep.map(({ name, reasons }) => [name, ageOf(name), 'keep', reasons.map(describeReason).join(', ')]),
  ]);
}

function describeReason(reason: PruneReason | KeepReason): string {
  switch (reason.kind) {
    case 'expired':
      return `expired ${reason.expiresAt}`;
    case 'debris':
      return 'never finished, and nobody works on it';
    case 'not-expired':
      return `expires ${reason.expiresAt}`;
    case 'never-expires':
      return 'never expires';
    case 'surplus':
      return 'no rule keeps it';
    case 'last':
      return `last ${reason.rank}`;
    case 'oldest':
      return `oldest of fewer than --keep-${reason.rule} allows`;
    case 'within':
      return `within ${formatAge(reason.withinMs)} of the newest`;
    case 'last-good':
      return 'the last good one of its cluster';
    case 'unreadable':
      return `cannot be read: ${reason.problem.message}`;
    case 'busy':
      return 'is being written or deleted';
    default:
      return `${reason.kind} ${reason.period}`;
  }
}
