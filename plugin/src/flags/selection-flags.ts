import { AppError, presetAll, presetInfra, presetNames, type Selection, type SelectionRule } from '@infrabackup/core';
import { underHeading, type FlagValues } from './flag.ts';

/** What to back up. */
export const selectionFlags = underHeading('Selection:', {
  preset: {
    kind: 'string',
    choices: presetNames,
    describe:
      'A ready-made selection: all (the default: everything but noise such as events) or infra (policy and configuration of all namespaces, and the whole of the infrastructure); other selection flags narrow it',
  },
  namespace: {
    kind: 'list',
    short: 'n',
    describe: 'The same as --include-namespaces',
    completes: 'namespace',
  },
  'include-namespaces': {
    kind: 'list',
    describe: 'Only what is in these namespaces, and their own Namespace objects; patterns with * and ? are allowed',
    completes: 'namespace',
  },
  'exclude-namespaces': { kind: 'list', describe: 'Nothing of these namespaces', completes: 'namespace' },
  'include-resources': {
    kind: 'list',
    describe: 'Only these types, written as for kubectl: deploy, deployments.apps, *.cert-manager.io',
    completes: 'type',
  },
  'exclude-resources': { kind: 'list', describe: 'Nothing of these types', completes: 'type' },
  'include-cluster-resources': {
    kind: 'boolean',
    describe:
      'Whether types that are in no namespace are in; when left out they are, unless namespaces are selected: then only those that --include-resources names',
  },
  selector: {
    kind: 'string',
    short: 'l',
    describe: 'Only objects whose labels match: app=web, tier in (front,back), !legacy',
  },
  'include-names': { kind: 'list', describe: 'Only objects of these names; patterns with * and ? are allowed' },
  'exclude-names': { kind: 'list', describe: 'No objects of these names' },
});

/**
 * The selection that the flags mean: `base` (a specification's) or a preset, narrowed by the other flags, or a rule of
 * the user's own. A list that is
 * given and empty selects nothing; it is never widened to all. Throws USAGE for -n beside --include-namespaces.
 */
export function selectionOf(flags: FlagValues<typeof selectionFlags>, base?: Selection): Selection {
  if (flags.namespace !== undefined && flags['include-namespaces'] !== undefined) {
    throw new AppError('USAGE', '-n and --include-namespaces mean the same: give one of them');
  }
  const rule = compact({
    includeNamespaces: flags.namespace ?? flags['include-namespaces'],
    excludeNamespaces: flags['exclude-namespaces'],
    includeResources: flags['include-resources'],
    excludeResources: flags['exclude-resources'],
    includeClusterResources: flags['include-cluster-resources'],
    labelSelector: flags.selector,
    names: flags['include-names'],
    excludeNames: flags['exclude-names'],
  });
  const isNarrowed = Object.keys(rule).length > 0;
  if (base !== undefined && flags.preset !== undefined) {
    throw new AppError('USAGE', '--preset and a specification both say what to back up: give one of them');
  }
  if (base === undefined && flags.preset === undefined && isNarrowed) return { rules: [rule] };
  const preset = base ?? (flags.preset === 'infra' ? presetInfra() : presetAll());
  if (isNarrowed && preset.within !== undefined) {
    throw new AppError('USAGE', 'the specification narrows its rules already: give it without other selection flags');
  }
  return isNarrowed ? { ...preset, within: rule } : preset;
}

/** Absent members are absent, never undefined: the selection is kept in the backup. */
function compact(rule: { readonly [Name in keyof SelectionRule]: SelectionRule[Name] | undefined }): SelectionRule {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
}
