import {
  compareAge,
  listBackups,
  matchesLabels,
  parseLabelSelector,
  type BackupSummary,
  type ListedBackup,
  type Store,
} from '@infrabackup/core';
import type { ListedForeign } from '@infrabackup/formats';
import { fromFlag, toSuffix } from '../flags/location-flags.ts';
import { noHeadersFlag, outputFlag } from '../flags/output-flags.ts';
import { openLocation } from '../open-location.ts';
import { formatAge, formatAgeAt } from '../render/age.ts';
import { showList, type ListColumn } from '../render/list-view.ts';
import { formatBytes, formatLabels, formatNumber } from '../render/quantity.ts';
import { countsOf, shownSummary } from '../render/shown-summary.ts';
import type { Shell } from '../shell.ts';
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
    "Shows the backups that exist, the newest first. One that is still being written, or was never finished, is none; prune names what is left of those. Backups that Velero made are shown too, and archives of Rancher's operator by their file names. A backup whose summary cannot be read is shown as such, and the exit status says so.",
  examples: [
    ['kubectl infrabackup list', 'The default location'],
    ['kubectl infrabackup list --from /mnt/backups -l team=shop -o wide', 'A folder, and some of its backups'],
    ['kubectl infrabackup list -o name | head -1', 'The name of the newest one'],
  ],
  outcomes: ['partial', 'not-found', 'location'],
  run: async ({ flags }, shell) => {
    const requirements = parseLabelSelector(flags.selector ?? '');
    const store = await openLocation(flags.from, shell);
    const others: string[] = [];
    const own: readonly Row[] = await Array.fromAsync(listBackups(store, shell.signal, others));
    const rows = [...own, ...(await othersIn(store, others, shell))]
      .filter((row) => matchesLabels(requirements, headOf(row)?.labels ?? {}) || headOf(row) === undefined)
      .sort(newestFirst);
    const view = {
      rows,
      columns: columnsAt(shell.clock.now()),
      name: ({ name }: Row) => name,
      item: itemOf,
      whenEmpty: `No backups found in ${store.uri}: make one by 'kubectl infrabackup create${toSuffix(flags.from)}'`,
    };
    await showList(view, flags.output ?? 'table', flags['no-headers'] ?? false, shell);
    const unreadable = rows.filter(({ problem }) => problem !== undefined);
    for (const { name, problem } of unreadable) await shell.err.write(`warning: ${name}: ${problem?.message ?? ''}\n`);
    return unreadable.length === 0 ? 'done' : 'partial';
  },
});

/** A backup as it is listed: ours, or one of another tool. */
type Row =
  | (ListedBackup & { readonly other?: undefined })
  | {
      readonly name: string;
      readonly summary?: undefined;
      readonly problem?: undefined;
      readonly other: ListedForeign;
    };

/** Where there are names that no backup of ours has, Velero may have made some; Rancher's archives lie beside them all. */
async function othersIn(store: Store, names: readonly string[], shell: Shell): Promise<readonly Row[]> {
  const { listArchiveNames } = await import('@infrabackup/storage');
  const files = await listArchiveNames(store, shell.signal);
  if (names.length === 0 && files.length === 0) return [];
  const { listForeign } = await import('@infrabackup/formats');
  const listed = await listForeign(store, { folders: names, files }, shell.signal);
  return listed.map((other) => ({ name: other.name, other }));
}

/** What is known of the backup without its archive; undefined where its summary cannot be read. */
function headOf({ summary, other }: Row): BackupSummary | ListedForeign['head'] | undefined {
  return summary ?? other?.head;
}

/** Those of unknown age last, by name. */
function newestFirst(a: Row, b: Row): number {
  const [headA, headB] = [headOf(a), headOf(b)];
  if (headA === undefined || headB === undefined) return Number(headB !== undefined) - Number(headA !== undefined);
  return compareAge(headB, headA);
}

function columnsAt(nowMs: number): readonly ListColumn<Row>[] {
  const column = (
    header: string,
    text: (head: NonNullable<ReturnType<typeof headOf>>, row: Row) => string,
    more: { readonly wide?: boolean; readonly whenUnreadable?: string } = {},
  ): ListColumn<Row> => ({
    header,
    wide: more.wide ?? false,
    text: (row) => {
      const head = headOf(row);
      return head === undefined ? (more.whenUnreadable ?? '') : text(head, row);
    },
  });
  return [
    { header: 'NAME', text: ({ name }) => name },
    column('AGE', ({ startedAt }) => formatAgeAt(startedAt, nowMs), { whenUnreadable: '<unknown>' }),
    column('STATUS', (_, row) => statusOf(row), { whenUnreadable: 'Unreadable' }),
    column('OBJECTS', (_, { summary, other }) => {
      const objects = summary === undefined ? other?.objects : countsOf(summary).objects;
      return objects === undefined ? '' : formatNumber(objects);
    }),
    column('SIZE', (_, { summary }) => (summary === undefined ? '' : formatBytes(summary.archive.sizeBytes))),
    column('EXPIRES', ({ expiresAt }) => formatExpiry(expiresAt, nowMs)),
    column('CLUSTER', ({ cluster }) => cluster.context ?? cluster.server, { wide: true }),
    column('VERSION', ({ cluster }) => cluster.version, { wide: true }),
    column('CREATED', ({ startedAt }) => startedAt, { wide: true }),
    column('LABELS', ({ labels }) => formatLabels(labels), { wide: true }),
  ];
}

function statusOf({ summary, other }: Row): string {
  if (other !== undefined) return other.tool;
  return summary?.shortfalls.length === 0 ? 'Complete' : 'Partial';
}

/** `in 29d`, `expired`, `never`. */
function formatExpiry(expiresAt: string | undefined, nowMs: number): string {
  if (expiresAt === undefined) return 'never';
  const leftMs = Date.parse(expiresAt) - nowMs;
  return leftMs <= 0 ? 'expired' : `in ${formatAge(leftMs)}`;
}

function itemOf(row: Row): unknown {
  const { name, summary, problem, other } = row;
  if (problem !== undefined) return { name, problem: { code: problem.code, message: problem.message } };
  return other === undefined ? shownSummary(summary) : { ...other.head, objects: other.objects };
}
