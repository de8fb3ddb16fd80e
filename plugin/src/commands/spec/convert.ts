import { planBackup, type BackupPlan } from '@infrabackup/core';
import type { BackupSpec } from '@infrabackup/formats';
import { connectionFlags } from '../../flags/connection-flags.ts';
import { outputFlag } from '../../flags/output-flags.ts';
import { readSpec, targetFlag } from '../../flags/spec-flags.ts';
import { openCluster, type ConnectionFlags } from '../../open-cluster.ts';
import { showDocuments } from '../../render/documents.ts';
import type { Shell } from '../../shell.ts';
import { defineVerb } from '../../verb.ts';

/** What `--to` takes: the dialects of `@infrabackup/formats`, which help and completion should not have to load. */
const dialects = [
  'infrabackup',
  'k8s-backup-target',
  'k8s-backup-targets',
  'velero-backup-config',
  'velero-backup',
  'velero-schedule',
  'resource-set',
] as const satisfies readonly BackupSpec['dialect'][];

/** `spec convert`: a specification in the words of another tool. */
export const specConvert = defineVerb({
  usage: 'spec convert FILE|PRESET',
  arity: [1, 1],
  completes: ['file'],
  flags: {
    to: {
      kind: 'string',
      choices: dialects,
      describe: 'What to write: our own (the default), a backup target of Juju, a Velero object, a Rancher ResourceSet',
    },
    ...targetFlag,
    output: outputFlag(['yaml', 'json']),
    ...connectionFlags,
  },
  description:
    'Writes what a file or a preset says in the words of another tool. What has no word there is told, and then it ends with 3. Where the other tool knows one rule a file, there is one document a rule. A ResourceSet names a version of each type, which the cluster is asked for, unless the file says it.',
  examples: [
    ['kubectl infrabackup spec convert infra --to velero-backup', 'A preset for Velero'],
    ['kubectl infrabackup spec convert target.yaml --to resource-set', 'A backup target for Rancher'],
    ['kubectl infrabackup spec convert resource-set.yaml > mine.yaml', 'A file of our own, to go on from'],
  ],
  outcomes: ['partial', 'cluster'],
  run: async ({ positionals: [named = ''], flags }, shell) => {
    const spec = await readSpec(named, flags.target, shell);
    const to = flags.to ?? 'infrabackup';
    const { formatSpec } = await import('@infrabackup/formats');
    const { documents, lost } = formatSpec(spec, to, await planFor(spec, to, flags, shell));
    await showDocuments(documents, flags.output ?? 'yaml', shell);
    for (const words of lost) await shell.err.write(`warning: ${to} has no words for: ${words}\n`);
    return lost.length === 0 ? 'done' : 'partial';
  },
});

/** What the selection means on the cluster, for a ResourceSet whose versions the file does not say. */
async function planFor(
  { selection: { preset = 'spec', ...selection } }: BackupSpec,
  to: BackupSpec['dialect'],
  flags: ConnectionFlags,
  shell: Shell,
): Promise<BackupPlan | undefined> {
  const saysVersions = selection.within === undefined && selection.rules.every((rule) => rule.apiVersion !== undefined);
  if (to !== 'resource-set' || saysVersions) return undefined;
  return await planBackup(await openCluster(flags, shell), { preset, ...selection }, shell.signal);
}
