import {
  countPlanned,
  createBackup,
  defaultBackupName,
  defaultConcurrency,
  parseBackupName,
  planBackup,
  AppError,
  type Outcome,
  type Selection,
} from '@infrabackup/core';
import { clientVersion } from '../client-version.ts';
import { collectForStreams } from '../collect-for-streams.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { encryptFlags, readEncryption } from '../flags/encryption-flags.ts';
import type { FlagValues } from '../flags/flag.ts';
import { parseLabelPairs } from '../flags/label-pairs.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { selectionFlags, selectionOf } from '../flags/selection-flags.ts';
import { specFlags, specOf } from '../flags/spec-flags.ts';
import { openCluster } from '../open-cluster.ts';
import { openLocation } from '../open-location.ts';
import { backupProgress, overwrittenLine } from '../render/progress-line.ts';
import { renderCreated, renderCreatedNotes, renderResultLine } from '../render/created.ts';
import { renderPreview, previewOf } from '../render/preview.ts';
import { renderJson } from '../render/json.ts';
import type { Shell } from '../shell.ts';
import { defineVerb, type Arguments } from '../verb.ts';

const flags = {
  to: {
    kind: 'string',
    describe: 'Where to write: the name of a location, a URI or a folder; the default location when left out',
    completes: 'location',
  },
  'dry-run': { kind: 'boolean', describe: 'Only tell what would be backed up, what would be left out, and why' },
  ttl: {
    kind: 'ttl',
    describe: 'How long to keep it at least, e.g. 24h, 30d or 1h30m; prune deletes it after that. Without it, for ever',
  },
  label: { kind: 'repeated', describe: 'A label for the backup, key=value; several flags for several labels' },
  output: outputFlag(['text', 'json', 'name']),
  concurrency: {
    kind: 'integer',
    describe: `How many lists are asked for at a time; ${defaultConcurrency} when left out`,
  },
  'chunk-size': { kind: 'integer', describe: 'How many objects one request asks for; 500 when left out' },
  ...specFlags,
  ...encryptFlags,
  ...selectionFlags,
  ...connectionFlags,
} as const;

/** `create`: backs up the cluster, or says what it would back up. */
export const create = defineVerb({
  usage: 'create [NAME]',
  arity: [0, 1],
  completes: ['nothing'],
  flags,
  description: `Reads every selected object at one instant of the cluster and writes them as one backup. Without selection flags that is the whole cluster, but for noise that no restore wants: events, leases, and what controllers compute anew.

A backup exists when its last file, the summary, is written; one that fails or is stopped leaves nothing that is listed. A name that exists is never written over. NAME is made of the preset and the time (UTC) when left out.

Names, namespaces and types of encrypted objects stay readable; what they say does not. Of Secrets that lie in clear create warns each time; into a git repository they go only with --allow-clear-secrets.

Selecting namespaces brings their Namespace objects along, and the definitions of the custom resources in them.`,
  examples: [
    ['kubectl infrabackup create', 'The whole cluster'],
    ['kubectl infrabackup create before-upgrade --ttl 30d', 'Under a name of your own, for 30 days'],
    ['kubectl infrabackup create -n shop,billing -l tier!=cache', 'Two namespaces, without the caches'],
    ['kubectl infrabackup create --preset infra --to /mnt/backups', 'Policy and infrastructure, into a folder'],
    ['kubectl infrabackup create --age-recipient age1...', 'Encrypted for whoever has that identity'],
    ['kubectl infrabackup create --spec velero-backup.yaml', 'What a file of another tool asks for'],
    ['kubectl infrabackup create --include-resources "*.cert-manager.io" --dry-run', 'See what would be in it'],
  ],
  outcomes: ['partial', 'exists', 'refused', 'cluster', 'location'],
  run: async (input, shell) => await (input.flags['dry-run'] === true ? preview(input, shell) : backUp(input, shell)),
});

async function backUp({ positionals, flags: given }: Arguments<typeof flags>, shell: Shell): Promise<Outcome> {
  const wanted = await readRequest(positionals, given, shell);
  collectForStreams();
  const startedMs = shell.clock.now();
  const { reader, plan, store } = await planInto(wanted.selection, given, shell);
  const { backupWriter, openDiskSpool } = await import('@infrabackup/storage');
  const line = overwrittenLine(shell.err, shell.clock);
  const progress = backupProgress(line, shell.clock);
  const isJson = given.output === 'json';
  try {
    const summary = await createBackup(plan, {
      ...wanted,
      reader,
      store,
      openSpool: () => openDiskSpool(shell.scratchFolder),
      writer: backupWriter(shell.clock),
      tool: `infrabackup ${clientVersion}`,
      signal: shell.signal,
      report: (event) => {
        progress(event);
        if (isJson) void shell.out.write(`${JSON.stringify(event)}\n`);
      },
    });
    line.clear();
    const created = {
      ...{ summary, location: store.uri, from: given.to, tookMs: shell.clock.now() - startedMs },
      wantsEncryption: wanted.encryption !== undefined,
    };
    if (isJson) await shell.out.write(renderResultLine(created));
    else if (given.output === 'name') await shell.out.write(`${summary.name}\n`);
    else await shell.out.write(renderCreated(created));
    if (!isJson) await shell.err.write(renderCreatedNotes(created, shell.err));
    return summary.shortfalls.length === 0 ? 'done' : 'partial';
  } finally {
    line.clear();
  }
}

async function preview({ positionals, flags: given }: Arguments<typeof flags>, shell: Shell): Promise<Outcome> {
  const wanted = await readRequest(positionals, given, shell);
  const { reader, plan, store } = await planInto(wanted.selection, given, shell);
  const found = previewOf(
    wanted.name,
    store.uri,
    plan,
    await countPlanned(reader, plan, shell.signal),
    wanted.encryption,
  );
  await shell.out.write(given.output === 'json' ? renderJson(found) : renderPreview(found));
  return 'done';
}

/** The plan, and where the backup goes: the cluster answers while the location's client is loaded. */
async function planInto(selection: Selection, given: FlagValues<typeof flags>, shell: Shell) {
  const plan = async () => {
    const reader = await openCluster(given, shell);
    return { reader, plan: await planBackup(reader, selection, shell.signal) };
  };
  const [planned, store] = await Promise.all([plan(), openLocation(given.to, shell)]);
  return { ...planned, store };
}

/** What of the flags is the engine's, checked before anything is asked or written. */
async function readRequest(positionals: readonly string[], given: FlagValues<typeof flags>, shell: Shell) {
  for (const flag of ['concurrency', 'chunk-size'] as const) {
    if (given[flag] === 0) throw new AppError('USAGE', `--${flag} takes 1 or more`);
  }
  const spec = await specOf(given, shell);
  for (const note of spec?.notes ?? []) await shell.err.write(`note: ${note}\n`);
  const selection = selectionOf(given, spec?.selection);
  const [name = defaultBackupName(selection.preset, shell.clock.now())] = positionals;
  return {
    name: parseBackupName(name),
    selection,
    labels: { ...spec?.labels, ...parseLabelPairs(given.label ?? []) },
    ttlMs: given.ttl ?? spec?.ttlMs,
    encryption: await readEncryption(given, shell),
    allowClearSecrets: given['allow-clear-secrets'],
    concurrency: given.concurrency,
    chunkSize: given['chunk-size'],
  };
}
