import { AppError, type Json } from '@infrabackup/core';
import { Fields } from '../fields.ts';
import { parseKubernetesYaml } from '../yaml/parse-kubernetes-yaml.ts';
import type { BackupSpec } from './backup-spec.ts';
import { ownApiVersion, ownKind, readOwnSpec } from './own-spec.ts';
import { isBareSpec, readBackupTarget, readBareSpec } from './read-backup-target.ts';
import { readResourceSet } from './read-resource-set.ts';
import { readVeleroBackup, readVeleroSchedule } from './read-velero-spec.ts';

/** How each kind of object that says what to back up is read, by apiVersion and kind. */
const readers: ReadonlyMap<string, (fields: Fields) => BackupSpec> = new Map([
  [`${ownApiVersion} ${ownKind}`, readOwnSpec],
  ['velero.io/v1 Backup', readVeleroBackup],
  ['velero.io/v1 Schedule', readVeleroSchedule],
  ['resources.cattle.io/v1 ResourceSet', readResourceSet],
]);

/**
 * Every specification in a file of YAML or JSON, told apart by what it holds, in its order; never empty.
 *
 * Throws USAGE that names `where` and the member for what is none, or is not whole.
 */
export function parseSpecs(text: string, where: string): readonly BackupSpec[] {
  const specs = parseKubernetesYaml(text, where).flatMap((document) => readDocument(document, where));
  if (specs.length === 0) throw noSpec(where);
  return specs;
}

/**
 * The one specification that is meant: by its name, where a file holds several. Throws USAGE with the names there are.
 */
export function pickSpec(specs: readonly BackupSpec[], named: string | undefined, where: string): BackupSpec {
  const found = named === undefined ? specs : specs.filter(({ name }) => name === named);
  if (found.length === 1) return found[0]!;
  const names = specs.map(({ name }) => name);
  throw new AppError(
    'USAGE',
    `${where} holds ${named === undefined ? `${names.length} specifications` : `no one '${named}'`}`,
    {
      hint: `name one of them with --target: ${names.join(', ')}`,
      refs: names,
    },
  );
}

function readDocument(document: Json, where: string): readonly BackupSpec[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw noSpec(where);
  const { apiVersion, kind } = document as { readonly apiVersion?: Json; readonly kind?: Json };
  if (apiVersion !== undefined || kind !== undefined) {
    const name = `${JSON.stringify(apiVersion)} ${JSON.stringify(kind)}`.replaceAll('"', '');
    const items = (document as { readonly items?: Json }).items;
    if (kind === 'List' && Array.isArray(items)) {
      return (items as readonly Json[]).flatMap((item) => readDocument(item, where));
    }
    const read = readers.get(name);
    if (read === undefined) throw noSpec(where, name);
    return [read(new Fields(document, where))];
  }
  const targets = (document as { readonly backup_targets?: Json }).backup_targets;
  if (targets !== undefined) return readTargets(targets, where);
  if (Object.hasOwn(document, 'spec')) return [readBackupTarget(new Fields(document, where))];
  if (isBareSpec(document)) return [readBareSpec(new Fields(document, where))];
  throw noSpec(where);
}

/** Relation data is text: the list may be JSON in one. */
function readTargets(targets: Json, where: string): readonly BackupSpec[] {
  const [list] = typeof targets === 'string' ? parseKubernetesYaml(targets, `${where}: backup_targets`) : [targets];
  const fields = new Fields({ backup_targets: list }, where);
  return (fields.maps('backup_targets') ?? []).map((target) => readBackupTarget(target, 'k8s-backup-targets'));
}

function noSpec(where: string, found?: string): AppError {
  const what = found === undefined ? '' : `: ${found}`;
  return new AppError('USAGE', `${where} holds nothing that says what to back up${what}`, {
    hint: `it may hold ${[...readers.keys()].join(', ')}, or a k8s_backup_target spec`,
  });
}
