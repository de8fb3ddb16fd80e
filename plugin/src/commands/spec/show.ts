import { outputFlag } from '../../flags/output-flags.ts';
import { readSpec, targetFlag } from '../../flags/spec-flags.ts';
import { renderSpec } from '../../render/spec-view.ts';
import { showStructured } from '../../render/structured.ts';
import { defineVerb } from '../../verb.ts';

/** `spec show`: what a specification says. */
export const specShow = defineVerb({
  usage: 'spec show FILE|PRESET',
  arity: [1, 1],
  completes: ['file'],
  flags: { ...targetFlag, output: outputFlag(['text', 'yaml', 'json']) },
  description:
    'Shows what a file says is to be backed up, whichever tool it was written for: a k8s_backup_target spec (in its three spellings), a Velero Backup or Schedule, a ResourceSet of Rancher, or one of our own; or what a preset says. It asks no cluster: create --spec FILE --dry-run tells what it means on one.',
  examples: [
    ['kubectl infrabackup spec show resource-set.yaml', 'What a ResourceSet takes'],
    ['kubectl infrabackup spec show infra', 'What a preset takes'],
  ],
  outcomes: [],
  run: async ({ positionals: [named = ''], flags }, shell) => {
    const spec = await readSpec(named, flags.target, shell);
    const { formatKeepTime, formatSpec } = await import('@infrabackup/formats');
    if (flags.output === 'json' || flags.output === 'yaml') {
      await showStructured(formatSpec(spec, 'infrabackup').documents[0], flags.output, shell);
    } else await shell.out.write(renderSpec(spec, spec.ttlMs === undefined ? undefined : formatKeepTime(spec.ttlMs)));
    return 'done';
  },
});
