import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, presetAll, presetInfra, presetNames } from '@infrabackup/core';
import type { BackupSpec } from '@infrabackup/formats';
import type { Shell } from '../shell.ts';
import { underHeading, type FlagValues } from './flag.ts';

/** Which of several specifications in a file is meant. */
export const targetFlag = {
  target: {
    kind: 'string',
    describe: 'Which of several that FILE holds: an object by its name, a backup target as APP:RELATION',
  },
} as const;

/** What to back up, as another tool's file says it. */
export const specFlags = underHeading('Selection:', {
  spec: {
    kind: 'string',
    describe:
      'A file that says what to back up, for how long and with which labels: a k8s_backup_target spec, a Velero Backup or Schedule, a ResourceSet, or what spec convert wrote; other selection flags narrow it',
    completes: 'file',
  },
  'resource-set': { kind: 'string', describe: "A ResourceSet of Rancher's backup operator", completes: 'file' },
  ...targetFlag,
});

/** The specification that the flags name; undefined when they name none. Throws USAGE. */
export async function specOf(flags: FlagValues<typeof specFlags>, shell: Shell): Promise<BackupSpec | undefined> {
  const { spec, 'resource-set': resourceSet, target } = flags;
  if (spec !== undefined && resourceSet !== undefined)
    throw new AppError('USAGE', 'give --spec or --resource-set, not both');
  const file = spec ?? resourceSet;
  if (file === undefined) {
    if (target !== undefined) throw new AppError('USAGE', '--target picks one out of the file of --spec');
    return undefined;
  }
  const found = await readSpec(file, target, shell);
  if (resourceSet !== undefined && found.dialect !== 'resource-set') {
    throw new AppError('USAGE', `${file} holds no ResourceSet`, { hint: `--spec ${file} takes other kinds of files` });
  }
  return found;
}

/** The specification in a file; or a preset by its name, as a specification. Throws USAGE. */
export async function readSpec(named: string, target: string | undefined, shell: Shell): Promise<BackupSpec> {
  const preset = presetNames.find((name) => name === named);
  if (preset !== undefined) {
    const selection = preset === 'infra' ? presetInfra() : presetAll();
    return { name: preset, dialect: 'infrabackup', selection, labels: {}, notes: [] };
  }
  let text: string;
  try {
    text = await readFile(resolve(shell.workingFolder, named), 'utf8');
  } catch (cause) {
    throw new AppError('USAGE', `the specification ${named} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const { parseSpecs, pickSpec } = await import('@infrabackup/formats');
  return pickSpec(parseSpecs(text, named), target, named);
}
