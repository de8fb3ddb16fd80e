import { summarizeRun, type RunSummary } from '@infrabackup/core';
import { noHeadersFlag, outputFlag } from '../../flags/output-flags.ts';
import { formatAgeAt } from '../../render/age.ts';
import { showList, type ListColumn } from '../../render/list-view.ts';
import { countsLine } from '../../diff/counts-line.ts';
import { openRuns } from '../../restore/open-runs.ts';
import { defineVerb } from '../../verb.ts';

/** `restores`: the restores of this user, and their undos, the newest first. */
export const restoresList = defineVerb({
  usage: 'restores',
  arity: [0, 0],
  completes: [],
  flags: { output: outputFlag(['table', 'wide', 'json', 'yaml', 'name']), 'no-headers': noHeadersFlag },
  description:
    'Shows the restores that were carried out from this machine, and their undos, the newest first. One that is unfinished was cut off: it can be gone on with, or undone.',
  examples: [
    ['kubectl infrabackup restores', 'All of them'],
    ['kubectl infrabackup undo $(kubectl infrabackup restores -o name | head -1)', 'Take the newest one back'],
  ],
  outcomes: [],
  run: async ({ flags }, shell) => {
    const runs = await openRuns(shell);
    const rows: RunSummary[] = [];
    for (const { id } of await runs.list()) {
      try {
        rows.push(summarizeRun(await runs.read(id)));
      } catch (error) {
        await shell.err.write(`warning: ${(error as Error).message}\n`);
      }
    }
    const view = {
      rows,
      columns: columnsAt(shell.clock.now()),
      name: ({ head }: RunSummary) => head.id,
      item: (run: RunSummary) => run,
      whenEmpty: "No restores yet: 'kubectl infrabackup restore BACKUP' makes one",
    };
    await showList(view, flags.output ?? 'table', flags['no-headers'] ?? false, shell);
    return 'done';
  },
});

function columnsAt(nowMs: number): readonly ListColumn<RunSummary>[] {
  return [
    { header: 'ID', text: ({ head }) => head.id },
    { header: 'AGE', text: ({ head }) => formatAgeAt(head.startedAt, nowMs) },
    { header: 'WHAT', text: ({ head, backup }) => (head.kind === 'undo' ? `undo ${head.undoes ?? ''}` : backup.name) },
    { header: 'STATUS', text: ({ status }) => statusWords[status] },
    { header: 'RESULT', text: ({ outcomes, conflicts }) => resultText(outcomes, conflicts) },
    { header: 'CLUSTER', wide: true, text: ({ cluster }) => cluster.context ?? cluster.server },
    { header: 'LOCATION', wide: true, text: ({ head }) => head.location },
    { header: 'STARTED', wide: true, text: ({ head }) => head.startedAt },
  ];
}

const statusWords = { done: 'Done', partial: 'Partial', running: 'Running', unfinished: 'Unfinished' } as const;

function resultText(outcomes: RunSummary['outcomes'], conflicts: number): string {
  return countsLine({ ...outcomes, ...(conflicts > 0 && { 'in conflict': conflicts }) }).trimEnd();
}
