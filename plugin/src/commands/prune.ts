import {
  executePrune,
  listBackups,
  listDebris,
  planPrune,
  type KeepReason,
  type PruneOutcome,
  type PruneReason,
} from '@infrabackup/core';
import { confirm } from '../confirm.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { openLocation } from '../open-location.ts';
import { formatCount } from '../render/quantity.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { defineVerb } from '../verb.ts';

/** `prune`: deletes the backups whose time is over, and what dead writers left. */
export const prune = defineVerb({
  usage: 'prune',
  arity: [0, 0],
  completes: [],
  flags: {
    ...fromFlag,
    'dry-run': { kind: 'boolean', describe: 'Only tell what would be deleted, and what would stay and why' },
    yes: { kind: 'boolean', short: 'y', describe: 'Do not ask' },
    output: outputFlag(['text', 'json']),
  },
  description:
    'Deletes the backups that have expired, and what is left of those that were never finished. The last good backup of each cluster stays, expired or not: the newest complete one, or the newest where none is complete. Nothing else deletes backups by itself.',
  examples: [
    ['kubectl infrabackup prune --dry-run', 'What would go, what stays and why'],
    ['kubectl infrabackup prune --yes', 'In a script'],
  ],
  outcomes: ['partial', 'not-found', 'refused', 'location'],
  run: async ({ flags }, shell) => {
    const store = await openLocation(flags.from, shell);
    const { backupWriter } = await import('@infrabackup/storage');
    const options = { writer: backupWriter(shell.clock), signal: shell.signal };
    const [backups, debris] = await Promise.all([
      Array.fromAsync(listBackups(store, shell.signal)),
      Array.fromAsync(listDebris(store, options)),
    ]);
    const plan = planPrune(backups, debris, shell.clock.now());
    const isJson = flags.output === 'json';
    if (flags['dry-run'] === true) {
      await shell.out.write(isJson ? renderJson(plan) : renderPlan(plan));
      return 'done';
    }
    const removed: PruneOutcome[] = [];
    if (plan.remove.length > 0) {
      if (!isJson) await shell.err.write(renderPlan(plan));
      const question = `Delete ${formatCount(plan.remove.length, 'backup')} from ${store.uri} for good?`;
      await confirm(question, flags.yes, `kubectl infrabackup prune${fromSuffix(flags.from)}`, shell);
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

function renderPlan({ remove, keep }: ReturnType<typeof planPrune>): string {
  return renderTable([
    ['NAME', 'WHAT', 'WHY'],
    ...remove.map(({ name, reason }) => [name, 'delete', describeReason(reason)]),
    ...keep.map(({ name, reason }) => [name, 'keep', describeReason(reason)]),
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
    case 'last-good':
      return `expired ${reason.expiresAt}, but the last good one of its cluster`;
    case 'unreadable':
      return `cannot be read: ${reason.problem.message}`;
    case 'busy':
      return 'is being written or deleted';
  }
}
