import {
  compareAge,
  listBackups,
  matchesLabels,
  parseLabelSelector,
  type BackupSummary,
  type ListedBackup,
} from '@infrabackup/core';
import { fromFlag } from '../flags/location-flags.ts';
import { noHeadersFlag, outputFlag } from '../flags/output-flags.ts';
import { openLocation } from '../open-location.ts';
import { formatAge, formatAgeAt } from '../render/age.ts';
import { showList, type ListColumn } from '../render/list-view.ts';
import { formatBytes, formatLabels, formatNumber } from '../render/quantity.ts';
import { countsOf, shownSummary } from '../render/shown-summary.ts';
import { defineVerb } from '../verb.ts';

/** `list`: the backups of a location, the newest first. */
export const list = defineVerb({
  usage: 'list',
  arity: [0, 0],
  completes: [],
  flags: {
    ...fromFlag,
    selector: { kind: 'string', short: 'l', describe: 'Only backups whose labels match, as for kubectl -l' },
    output: outputFlag(['table', 'wide', 'json', 'yaml', 'name']),
    'no-headers': noHeadersFlag,
  },
  description:
    'Shows the backups that exist, the newest first. One that is still being written, or was never finished, is none; prune names what is left of those. A backup whose summary cannot be read is shown as such, and the exit status says so.',
  examples: [
    ['kubectl infrabackup list', 'The default location'],
    ['kubectl infrabackup list --from /mnt/backups -l team=shop -o wide', 'A folder, and some of its backups'],
    ['kubectl infrabackup list -o name | head -1', 'The name of the newest one'],
  ],
  outcomes: ['partial', 'not-found', 'location'],
  run: async ({ flags }, shell) => {
    const requirements = parseLabelSelector(flags.selector ?? '');
    const store = await openLocation(flags.from, shell);
    const found = await Array.fromAsync(listBackups(store, shell.signal));
    const rows = found
      .filter(({ summary }) => summary === undefined || matchesLabels(requirements, summary.labels))
      .sort(newestFirst);
    const view = {
      rows,
      columns: columnsAt(shell.clock.now()),
      name: ({ name }: ListedBackup) => name,
      item: itemOf,
      whenEmpty: `No backups found in ${store.uri}: make one by 'kubectl infrabackup create'`,
    };
    await showList(view, flags.output ?? 'table', flags['no-headers'] ?? false, shell);
    const unreadable = rows.filter(({ problem }) => problem !== undefined);
    for (const { name, problem } of unreadable) await shell.err.write(`warning: ${name}: ${problem?.message ?? ''}\n`);
    return unreadable.length === 0 ? 'done' : 'partial';
  },
});

/** Those of unknown age last, by name. */
function newestFirst(a: ListedBackup, b: ListedBackup): number {
  if (a.summary === undefined || b.summary === undefined)
    return Number(b.summary !== undefined) - Number(a.summary !== undefined);
  return compareAge(b.summary, a.summary);
}

function columnsAt(nowMs: number): readonly ListColumn<ListedBackup>[] {
  const column = (
    header: string,
    text: (summary: BackupSummary) => string,
    more: { readonly wide?: boolean; readonly whenUnreadable?: string } = {},
  ): ListColumn<ListedBackup> => ({
    header,
    wide: more.wide ?? false,
    text: ({ summary }) => (summary === undefined ? (more.whenUnreadable ?? '') : text(summary)),
  });
  return [
    { header: 'NAME', text: ({ name }) => name },
    column('AGE', ({ startedAt }) => formatAgeAt(startedAt, nowMs), { whenUnreadable: '<unknown>' }),
    column('STATUS', ({ shortfalls }) => (shortfalls.length === 0 ? 'Complete' : 'Partial'), {
      whenUnreadable: 'Unreadable',
    }),
    column('OBJECTS', (summary) => formatNumber(countsOf(summary).objects)),
    column('SIZE', ({ archive }) => formatBytes(archive.sizeBytes)),
    column('EXPIRES', ({ expiresAt }) => formatExpiry(expiresAt, nowMs)),
    column('CLUSTER', ({ cluster }) => cluster.context ?? cluster.server, { wide: true }),
    column('VERSION', ({ cluster }) => cluster.version, { wide: true }),
    column('CREATED', ({ startedAt }) => startedAt, { wide: true }),
    column('LABELS', ({ labels }) => formatLabels(labels), { wide: true }),
  ];
}

/** `in 29d`, `expired`, `never`. */
function formatExpiry(expiresAt: string | undefined, nowMs: number): string {
  if (expiresAt === undefined) return 'never';
  const leftMs = Date.parse(expiresAt) - nowMs;
  return leftMs <= 0 ? 'expired' : `in ${formatAge(leftMs)}`;
}

function itemOf({ name, summary, problem }: ListedBackup): unknown {
  return summary === undefined
    ? { name, problem: { code: problem.code, message: problem.message } }
    : shownSummary(summary);
}
