import { AppError, planBackup } from '@infrabackup/core';
import { connectionFlags } from '../../flags/connection-flags.ts';
import { outputFlag } from '../../flags/output-flags.ts';
import { readSpec, targetFlag } from '../../flags/spec-flags.ts';
import { openCluster } from '../../open-cluster.ts';
import { showDocuments } from '../../render/documents.ts';
import { defineVerb } from '../../verb.ts';

/** `spec rbac`: the least rights that a backup by a specification needs. */
export const specRbac = defineVerb({
  usage: 'spec rbac FILE|PRESET',
  arity: [1, 1],
  completes: ['file'],
  flags: {
    ...targetFlag,
    name: {
      kind: 'string',
      describe: 'What the roles are called; infrabackup-NAME of the specification when left out',
    },
    'service-account': { kind: 'string', describe: 'Bind the roles to this service account, NAMESPACE/NAME' },
    output: outputFlag(['yaml', 'json']),
    ...connectionFlags,
  },
  description:
    'Writes the least rights that create --spec FILE needs on this cluster, as manifests for kubectl apply: a ClusterRole for what is read in all namespaces, a Role in each namespace that is named. They only read. When the cluster gets new types or namespaces that the specification selects, write them anew.',
  examples: [
    ['kubectl infrabackup spec rbac infra | kubectl apply -f -', 'Roles for the preset'],
    ['kubectl infrabackup spec rbac target.yaml --service-account backup/runner', 'With bindings'],
  ],
  outcomes: ['refused', 'cluster'],
  run: async ({ positionals: [named = ''], flags }, shell) => {
    const spec = await readSpec(named, flags.target, shell);
    const [namespace, account, ...rest] = flags['service-account']?.split('/') ?? [];
    if (namespace !== undefined && (namespace === '' || !account || rest.length > 0)) {
      throw new AppError('USAGE', `--service-account '${flags['service-account']!}' is not NAMESPACE/NAME`);
    }
    const plan = await planBackup(await openCluster(flags, shell), spec.selection, shell.signal);
    const { planRoles } = await import('@infrabackup/formats');
    const roles = planRoles(plan, {
      name: flags.name ?? `infrabackup-${spec.name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-')}`,
      serviceAccount: namespace === undefined ? undefined : { namespace, name: account! },
    });
    await showDocuments(roles, flags.output ?? 'yaml', shell);
    return 'done';
  },
});
