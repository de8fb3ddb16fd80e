import { AppError, dryRunWriter, typeName, type Backup } from '@infrabackup/core';
import { jsonPrinter, namePrinter } from '../diff/data-printers.ts';
import type { DiffFrame, DiffPrinter } from '../diff/diff-item.ts';
import { diffLive } from '../diff/diff-live.ts';
import { diffStored } from '../diff/diff-stored.ts';
import { externalPrinter } from '../diff/external-printer.ts';
import { summaryPrinter } from '../diff/summary-printer.ts';
import { unifiedPrinter } from '../diff/unified-printer.ts';
import { findBackup, openFound } from '../find-backup.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { keyFlags } from '../flags/encryption-flags.ts';
import type { FlagValues } from '../flags/flag.ts';
import { fromFlag } from '../flags/location-flags.ts';
import { noHeadersFlag, outputFlag } from '../flags/output-flags.ts';
import { restoreFlags, restoreOptionsOf } from '../flags/restore-flags.ts';
import { selectionFlags } from '../flags/selection-flags.ts';
import { restoreRequestOf } from '../objects/restore-request.ts';
import { openConnection } from '../open-cluster.ts';
import type { Shell } from '../shell.ts';
import { defineVerb } from '../verb.ts';

const flags = {
  ...fromFlag,
  output: outputFlag(['unified', 'summary', 'json', 'name']),
  'no-headers': noHeadersFlag,
  ...selectionFlags,
  ...restoreFlags,
  ...keyFlags,
  ...connectionFlags,
} as const;

type Flags = FlagValues<typeof flags>;

/** `diff`: what a restore would change, or what changed from one backup to another. */
export const diff = defineVerb({
  usage: 'diff BACKUP [OTHER | TYPE/NAME...]',
  arity: [1, Infinity],
  completes: ['backup', 'backup', 'object'],
  flags,
  description: `Shows what 'restore BACKUP' with the same flags would change on the live cluster: left is live, right is after. Objects are held against the live ones by their content first; only what differs is asked of the server, by a dry run of what the restore would send. Nothing is changed.

With OTHER, another backup, it shows what changed from the first to the second instead; no cluster is asked. A backup in a folder is written with a path: ./nightly. TYPE/NAME are single objects.

Fields that the server owns are left out, lists with keys are compared by key, and values of Secrets are masked so that a change still shows. KUBECTL_EXTERNAL_DIFF names a program to show the differences with.`,
  examples: [
    ['kubectl infrabackup diff nightly', 'What would a restore change?'],
    ['kubectl infrabackup diff nightly deploy/web -n shop', 'One object'],
    ['kubectl infrabackup diff nightly -n shop --existing replace --prune -o summary', 'A line for each object'],
    ['kubectl infrabackup diff monday friday', 'What changed from one backup to another?'],
  ],
  outcomes: ['differs', 'not-found', 'cluster', 'location', 'damaged', 'key'],
  run: async ({ positionals: [named = '', ...words], flags: given }, shell) => {
    const before = await openFound(await findBackup(named, given.from, shell), given, shell);
    const [first, ...rest] = words;
    const differs = await (first !== undefined && isBackup(first)
      ? withOther(before, first, rest, given, shell)
      : withLive(before, words, given, shell));
    return differs ? 'differs' : 'done';
  },
});

/** TYPE/NAME has one slash in the middle; a path begins with a dot or a slash, or ends as a tarball does. */
function isBackup(word: string): boolean {
  return !word.includes('/') || /^[./~]|\.tar\.gz$|^[A-Za-z]:/.test(word);
}

async function withLive(backup: Backup, words: readonly string[], given: Flags, shell: Shell): Promise<boolean> {
  const options = await restoreOptionsOf(given, shell);
  const request = await restoreRequestOf(backup.header, words, given, shell);
  const connection = await openConnection(given, shell);
  const { connectCluster, connectRights, connectWriter } = await import('@infrabackup/kube');
  const { openDiskSpool } = await import('@infrabackup/storage');
  const frame = { before: 'live', after: backup.header.name, status: options.status === 'all' };
  return await printed(frame, given, shell, (printer) =>
    diffLive(
      {
        ...{ backup, request, options },
        reader: connectCluster(connection),
        dryRun: dryRunWriter(connectWriter(connection)),
        rights: connectRights(connection),
        openSpool: () => openDiskSpool(shell.scratchFolder),
        ...{ clock: shell.clock, random: shell.random, signal: shell.signal },
      },
      printer,
      shell,
    ),
  );
}

async function withOther(
  before: Backup,
  other: string,
  words: readonly string[],
  given: Flags,
  shell: Shell,
): Promise<boolean> {
  const restoring = Object.keys(restoreFlags).find(
    (name) => name !== 'status' && given[name as keyof Flags] !== undefined,
  );
  if (restoring !== undefined) {
    throw new AppError('USAGE', `--${restoring} says how to restore, and between two backups nothing is restored`);
  }
  const after = await openFound(await findBackup(other, given.from, shell), given, shell);
  const types = [...after.header.types, ...before.header.types];
  const known = { name: after.header.name, types: [...new Map(types.map((type) => [typeName(type), type])).values()] };
  const { objects, selection } = await restoreRequestOf(known, words, given, shell);
  const frame = { before: before.header.name, after: after.header.name, status: given.status === 'all' };
  const request = { before, after, objects, selection, status: frame.status };
  return await printed(frame, given, shell, (printer) => diffStored(request, printer, shell));
}

/** Runs the diff with the printer of the format; the program of the user's own has its folders cleaned up in any case. */
async function printed(
  frame: DiffFrame,
  given: Flags,
  shell: Shell,
  run: (printer: DiffPrinter) => Promise<boolean>,
): Promise<boolean> {
  const printer = await printerOf(frame, given, shell);
  try {
    return await run(printer);
  } finally {
    await printer.close?.();
  }
}

async function printerOf(frame: DiffFrame, given: Flags, shell: Shell): Promise<DiffPrinter> {
  switch (given.output) {
    case 'json':
      return jsonPrinter(frame, shell);
    case 'name':
      return namePrinter(shell);
    case 'summary':
      return summaryPrinter(frame, given['no-headers'] ?? false, shell);
    default: {
      const external = shell.env['KUBECTL_EXTERNAL_DIFF'] ?? '';
      return external === '' ? unifiedPrinter(frame, shell) : await externalPrinter(external, frame, shell);
    }
  }
}
