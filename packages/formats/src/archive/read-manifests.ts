import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import {
  apiVersionOf,
  AppError,
  formatInstant,
  parseManifest,
  stringifyExactly,
  type Json,
  type Manifest,
  type ResourceType,
} from '@infrabackup/core';
import { parseKubernetesYaml } from '../yaml/parse-kubernetes-yaml.ts';
import { adoptObjects, type AdoptOptions, type ForeignBackup } from './adopt-objects.ts';
import type { ForeignObject } from './foreign-object.ts';
import { guessType, pluralOf, type GuessedType } from './guess-type.ts';
import { unreadable } from './unreadable.ts';

/** How manifests are read. */
export interface OpenManifestsOptions extends AdoptOptions {
  /** The namespace of namespaced objects that name none. */
  readonly namespace: string;
  /** What a cluster serves, asked only where kinds are neither built in nor defined beside; absent: a guess has to do. */
  readonly discover?: (() => Promise<readonly ResourceType[]>) | undefined;
}

const suffixes = /\.(ya?ml|json)$/i;
/** kubectl and kustomize read it, and it is no object. */
const notObjects = /^kustomization\.ya?ml$/i;

/** Whether manifests may lie at the path: a file of a known suffix, or a folder with one in it. */
export async function holdsManifests(path: string): Promise<boolean> {
  return (await filesAt(path).catch(() => [])).length > 0;
}

/**
 * The manifests in a file or a folder (its folders too) as a backup, each document an object, lists taken apart.
 *
 * YAML is read as kubectl does. Throws USAGE for files that cannot be read, BACKUP_DAMAGED for what is no object, and
 * for one object that comes twice and differs.
 */
export async function openManifests(path: string, options: OpenManifestsOptions): Promise<ForeignBackup> {
  const files = await filesAt(path);
  let newestMs = 0;
  const found: { readonly manifest: Manifest; readonly where: string }[] = [];
  for (const file of files) {
    const where = file === path ? basename(path) : relative(path, file);
    const { mtimeMs } = await stat(file);
    newestMs = Math.max(newestMs, mtimeMs);
    const bytes = await readFile(file);
    for (const document of documentsOf(file, bytes, where)) {
      for (const manifest of manifestsOf(document, where)) found.push({ manifest, where });
    }
  }
  if (found.length === 0) throw unreadable(path, 'no manifest lies in it');
  const types = new Types(
    found.map(({ manifest }) => manifest),
    options.discover,
  );
  const objects = async function* (): AsyncGenerator<ForeignObject> {
    for (const { manifest, where } of found) yield await objectOf(manifest, where, types, options.namespace);
  };
  return await adoptObjects(
    objects(),
    path,
    () => ({
      name: basename(path).replace(suffixes, '') || 'manifests',
      tool: 'manifests',
      startedAt: formatInstant(newestMs),
      cluster: { version: 'unknown', server: '' },
      selection: { preset: 'manifests', rules: [{ excludeNoise: false }] },
      labels: {},
    }),
    options,
  );
}

/** Sorted by path; links are not followed out of the folder, nor are hidden files read. */
async function filesAt(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return suffixes.test(path) ? [path] : [];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && suffixes.test(entry.name) && !notObjects.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !relative(path, file)
          .split(/[/\\]/)
          .some((step) => step.startsWith('.')),
    )
    .sort();
}

/** JSON keeps each digit of its numbers; YAML is read as kubectl does. */
function documentsOf(file: string, bytes: Buffer, where: string): readonly unknown[] {
  if (file.toLowerCase().endsWith('.json')) {
    try {
      return [parseManifest(bytes)];
    } catch {
      // Several documents in one file, or a comment: YAML takes them.
    }
  }
  return parseKubernetesYaml(bytes.toString('utf8').replace(/^\ufeff/, ''), where);
}

function manifestsOf(document: unknown, where: string): readonly Manifest[] {
  const { apiVersion, kind, metadata, items } = (document ?? {}) as Partial<Manifest> & { readonly items?: Json };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    throw unreadable(where, 'it holds what is no Kubernetes object');
  if (Array.isArray(items) && kind.endsWith('List')) {
    return items.flatMap((item: object) =>
      manifestsOf({ ...(kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) }), ...item }, where),
    );
  }
  if (typeof metadata?.name !== 'string' || metadata.name === '') {
    throw new AppError('USAGE', `${where} holds a ${kind} without a name, which nothing can be compared with`);
  }
  return [document as Manifest];
}

async function objectOf(manifest: Manifest, where: string, types: Types, otherwise: string): Promise<ForeignObject> {
  const { plural, namespaced } = await types.of(manifest);
  const { name, namespace: own } = manifest.metadata;
  if (own !== undefined && !namespaced)
    throw unreadable(where, `${manifest.kind}/${name} is in a namespace, which its type is not`);
  const [version = '', group = ''] = manifest.apiVersion.split('/').reverse();
  const namespace = namespaced ? (own ?? otherwise) : undefined;
  const whole = namespace === own ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } };
  return {
    ...{ group, version, plural, name, manifest: whole as Manifest },
    ...(namespace !== undefined && { namespace }),
    bytes: Buffer.from(stringifyExactly(whole)),
  };
}

/** Which type each kind is of: by definitions among the manifests, by what is built in, by the cluster, or by its name. */
class Types {
  readonly #known = new Map<string, GuessedType>();
  readonly #discover: OpenManifestsOptions['discover'];
  #discovered: Promise<readonly ResourceType[]> | undefined;

  constructor(manifests: readonly Manifest[], discover: OpenManifestsOptions['discover']) {
    this.#discover = discover;
    for (const { kind, spec } of manifests as readonly (Manifest & { readonly spec?: Definition })[]) {
      if (kind !== 'CustomResourceDefinition' || spec === undefined) continue;
      const { group, scope, names } = spec;
      this.#known.set(`${group}/${names.kind}`, { plural: names.plural, namespaced: scope === 'Namespaced' });
    }
  }

  async of({ apiVersion, kind, metadata }: Manifest): Promise<GuessedType> {
    const [, group = ''] = apiVersion.split('/').reverse();
    const known = this.#known.get(`${group}/${kind}`) ?? guessType(group, kind);
    if (known !== undefined) return known;
    const served = (await (this.#discovered ??= this.#discover?.()))?.find(
      (type) =>
        type.kind === kind &&
        type.servedVersions.some((version) => apiVersionOf({ group: type.group, version }) === apiVersion),
    );
    return served ?? { plural: pluralOf(kind), namespaced: metadata.namespace !== undefined };
  }
}

interface Definition {
  readonly group: string;
  readonly scope: string;
  readonly names: { readonly kind: string; readonly plural: string };
}
