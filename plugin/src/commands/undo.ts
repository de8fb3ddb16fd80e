import { AppError, findUndo, formatMoment, isWrite, openUndo, realWriter } from '@infrabackup/core';
import { confirm } from '../confirm.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { keyFlags, readKeys } from '../flags/encryption-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { openConnection } from '../open-cluster.ts';
import { openLocation } from '../open-location.ts';
import { formatCount } from '../render/quantity.ts';
import { carryOut } from '../restore/carry-out.ts';
import { openBackupOf, openRuns } from '../restore/open-runs.ts';
import { resume } from '../restore/resume.ts';
import { describeMissingRights, renderMissingRights, renderPlan } from '../restore/render-plan.ts';
import { defineVerb } from '../verb.ts';

/** `undo`: takes a restore back. */
export const undo = defineVerb({
  usage: 'undo RESTORE',
  arity: [1, 1],
  completes: ['nothing'],
  flags: {
    yes: { kind: 'boolean', short: 'y', describe: 'Do not ask' },
    force: { kind: 'boolean', describe: 'Also undo objects that somebody has changed since' },
    'dry-run': { kind: 'boolean', describe: 'Only show what would be undone' },
    output: outputFlag(['text', 'json', 'name']),
    ...keyFlags,
    ...connectionFlags,
  },
  description: `Brings every object that a restore wrote back to what it was before: what was created is deleted, what was changed or deleted is put back. Shows the plan and asks first.

An object is touched only if it still is what the restore left; else it is a conflict, which --force overrides. A namespace or definition that the restore created is deleted only while it holds nothing but what the restore put there. A restore that was cut off can be undone too. An undo is a restore of its own: it can be gone on with, and undone.`,
  examples: [
    ['kubectl infrabackup restores', 'Which restores were there?'],
    ['kubectl infrabackup undo 20261121-093000-7f3a --dry-run', 'What would be undone?'],
    ['kubectl infrabackup undo 20261121-093000-7f3a', 'Undo it, after asking'],
  ],
  outcomes: ['partial', 'not-found', 'exists', 'refused', 'cluster', 'location', 'key'],
  run: async ({ positionals: [id = ''], flags: given }, shell) => {
    const { connectCluster, connectRights, connectWriter } = await import('@infrabackup/kube');
    const connection = await openConnection(given, shell);
    const runs = await openRuns(shell);
    const done = await findUndo(runs, id);
    if (done !== undefined && done.status !== 'partial' && given['dry-run'] !== true && given.force !== true) {
      if (done.status === 'done') {
        await shell.err.write(
          `${id} is undone already, by ${done.id}; 'kubectl infrabackup undo ${done.id}' takes that back\n`,
        );
        return 'done';
      }
      await shell.err.write(`going on with undo ${done.id}, which was cut off\n`);
      return await resume({ id: done.id, connection, keyFlags: given, output: given.output }, shell);
    }
    const { location } = (await runs.read(id)).head;
    const keys = await readKeys(given, location, shell);
    const { plan, kept, scaleDown } = await openUndo({
      ...{ runs, id, force: given.force ?? false },
      reader: connectCluster(connection),
      writer: realWriter(connectWriter(connection)),
      rights: connectRights(connection),
      openBackupOf: (run) => openBackupOf(run, keys, shell),
      openStore: (uri) => openLocation(uri, shell),
      keyring: keys,
      ...{ clock: shell.clock, random: shell.random, signal: shell.signal },
    });
    const isPreview = given['dry-run'] === true;
    const sink = isPreview ? shell.out : shell.err;
    await sink.write(renderPlan(plan, `Undo restore ${id}`, sink));
    const stuck = plan.counts.conflict;
    const writes = plan.objects.filter(({ verdict }) => isWrite(verdict)).length;
    if (isPreview || (writes === 0 && scaleDown.length === 0)) {
      if (writes === 0) await shell.err.write('There is nothing to undo.\n');
      return stuck === 0 ? 'done' : 'partial';
    }
    if (plan.missingRights.length > 0) {
      await shell.err.write(renderMissingRights(plan));
      throw new AppError('RIGHTS_MISSING', `you may not ${describeMissingRights(plan)}; nothing was changed`);
    }
    await confirm(`Undo ${formatCount(writes, 'object')}?`, given.yes, `kubectl infrabackup undo ${id}`, shell);
    const startedAt = formatMoment(shell.clock.now());
    const head = {
      id: plan.id,
      kind: 'undo',
      undoes: id,
      startedAt,
      location,
      scaleDown,
      stayDown: false,
    } as const;
    await using run = await runs.create(head, plan);
    return await carryOut({ run, backup: kept, connection, keys, output: given.output }, shell);
  },
});
