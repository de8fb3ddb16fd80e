import { formatRef, objectsOfRun, summarizeRun, type RunObject, type RunSummary } from '@infrabackup/core';
import { outputFlag } from '../../flags/output-flags.ts';
import { countsLine } from '../../diff/counts-line.ts';
import { showStructured } from '../../render/structured.ts';
import { renderTable } from '../../render/table.ts';
import { openRuns } from '../../restore/open-runs.ts';
import { defineVerb } from '../../verb.ts';

/** `restores describe`: what became of each object of a restore. */
export const restoresDescribe = defineVerb({
  usage: 'restores describe RESTORE',
  arity: [1, 1],
  completes: ['nothing'],
  flags: { output: outputFlag(['text', 'json', 'yaml']) },
  description:
    'Shows what a restore, or an undo, did: every object that it wrote or could not bring to what the backup says, with the reason.',
  examples: [['kubectl infrabackup restores describe 20261121-093000-7f3a', 'One of them']],
  outcomes: ['not-found'],
  run: async ({ positionals: [id = ''], flags }, shell) => {
    const record = await (await openRuns(shell)).read(id);
    const [summary, objects] = [summarizeRun(record), objectsOfRun(record)];
    if (flags.output === 'json' || flags.output === 'yaml')
      await showStructured({ ...summary, objects }, flags.output, shell);
    else await shell.out.write(`${renderFacts(summary)}\n${renderObjects(objects)}`);
    return 'done';
  },
});

function renderFacts({
  head,
  backup,
  cluster,
  status,
  finishedAt,
  outcomes,
  conflicts,
  planned,
  keptIn,
}: RunSummary): string {
  const facts: readonly (readonly [string, string])[] = [
    [head.kind === 'undo' ? 'Undo' : 'Restore', head.id],
    ...(head.undoes === undefined ? [] : [['Of', head.undoes] as const]),
    ['Backup', `${backup.name} of ${backup.takenAt}`],
    ['Location', head.location],
    ['Cluster', `${cluster.version} at ${cluster.server}`],
    ['Started', head.startedAt],
    [
      'Finished',
      finishedAt ?? (status === 'running' ? 'not yet' : `never: kubectl infrabackup restore --resume ${head.id}`),
    ],
    ['Planned', `${planned} writes`],
    ['Result', countsLine({ ...outcomes, ...(conflicts > 0 && { 'in conflict': conflicts }) }).trimEnd()],
    ['Kept in', keptIn ?? 'nothing was changed that was there'],
  ];
  return facts.map(([name, value]) => `${`${name}:`.padEnd(11)}${value}\n`).join('');
}

function renderObjects(objects: readonly RunObject[]): string {
  if (objects.length === 0) return '';
  return renderTable([
    ['PLANNED', 'OUTCOME', 'OBJECT', 'WHY'],
    ...objects.map(({ ref, planned, outcome, reason, notes }) => [
      planned,
      outcome ?? '',
      formatRef(ref),
      [...(reason === undefined ? [] : [reason]), ...notes].join('; '),
    ]),
  ]);
}
