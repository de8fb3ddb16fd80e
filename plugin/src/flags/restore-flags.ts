import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, defaultRestoreOptions, parseModifiers, type RestoreOptions } from '@infrabackup/core';
import type { Shell } from '../shell.ts';
import { underHeading, type FlagValues } from './flag.ts';

/** What changes what a restore does, and so what a diff shows. */
export const restoreFlags = underHeading('Restore flags:', {
  existing: {
    kind: 'string',
    choices: ['update', 'skip', 'replace'],
    describe:
      'What becomes of objects that exist and differ: update (the default) gives them the content of the backup, skip leaves them, replace also deletes and creates anew what cannot be changed in place, where that is safe',
  },
  prune: {
    kind: 'boolean',
    describe: 'Delete live objects that the backup would have, had they existed then',
  },
  'namespace-mapping': {
    kind: 'list',
    describe: 'Restore into other namespaces: old=new, in every reference that is known',
  },
  status: {
    kind: 'string',
    choices: ['created', 'all', 'none'],
    alone: 'all',
    describe:
      'Whose status is restored: that of what is created (the default), of all that is written (the flag alone means that), or none',
  },
  modifiers: {
    kind: 'string',
    describe: "A file of changes to make on the way, in the format of Velero's resource modifiers",
    completes: 'file',
  },
  'include-control-plane': {
    kind: 'boolean',
    describe: 'Restore also what the control plane owns, such as its roles: those of another release may break it',
  },
  addresses: {
    kind: 'string',
    choices: ['keep', 'reassign'],
    describe: 'Cluster IPs and node ports: keep, or have them given anew; as it suits the cluster when left out',
  },
  managed: {
    kind: 'string',
    choices: ['warn', 'skip'],
    describe: 'Objects that another tool or controller writes too: restore them and say so (the default), or skip them',
  },
  validate: {
    kind: 'boolean',
    describe: 'Try creations on the server too, beside changes, which always are',
  },
});

/** The options that the flags mean. Reads the file of modifiers. Throws USAGE for what cannot be. */
export async function restoreOptionsOf(
  flags: FlagValues<typeof restoreFlags> & { readonly 'include-cluster-resources'?: boolean | undefined },
  shell: Shell,
): Promise<RestoreOptions> {
  return {
    existing: flags.existing ?? defaultRestoreOptions.existing,
    prune: flags.prune ?? defaultRestoreOptions.prune,
    namespaceMapping: parseMapping(flags['namespace-mapping'] ?? []),
    status: flags.status ?? defaultRestoreOptions.status,
    modifiers: flags.modifiers === undefined ? undefined : await readModifiers(flags.modifiers, shell),
    includeControlPlane: flags['include-control-plane'] ?? defaultRestoreOptions.includeControlPlane,
    includeClusterResources: flags['include-cluster-resources'] ?? defaultRestoreOptions.includeClusterResources,
    addresses: flags.addresses,
    managed: flags.managed ?? defaultRestoreOptions.managed,
    validate: flags.validate ?? defaultRestoreOptions.validate,
  };
}

function parseMapping(pairs: readonly string[]): Readonly<Record<string, string>> {
  const mapping: Record<string, string> = {};
  for (const pair of pairs) {
    const [from = '', to = '', ...rest] = pair.split('=');
    if (from === '' || to === '' || rest.length > 0) {
      throw new AppError('USAGE', `--namespace-mapping '${pair}' is no mapping`, { hint: 'write old=new' });
    }
    if (Object.hasOwn(mapping, from)) throw new AppError('USAGE', `namespace '${from}' is mapped twice`);
    mapping[from] = to;
  }
  return mapping;
}

async function readModifiers(path: string, shell: Shell): Promise<RestoreOptions['modifiers']> {
  let text: string;
  try {
    text = await readFile(resolve(shell.workingFolder, path), 'utf8');
  } catch (cause) {
    throw new AppError('USAGE', `the modifiers in ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const { load } = await import('js-yaml');
  return parseModifiers(text, load);
}
