import { formatInstant } from '@infrabackup/core';
import { Fields } from '../fields.ts';
import { readResourceSet } from '../spec/read-resource-set.ts';
import { adoptObjects, type AdoptOptions, type ForeignBackup, type ForeignHead } from './adopt-objects.ts';
import { readObject, type ForeignObject, type ForeignPlace } from './foreign-object.ts';
import { filtersPath, parseRancherName, parseRancherPath } from './rancher-path.ts';
import { readTar, type TarFile } from './read-tar.ts';
import { unreadable } from './unreadable.ts';
import type { SeenInTar } from './seen-in-tar.ts';
import type { VeleroHead } from './velero-head.ts';
import { parseVeleroPath } from './velero-path.ts';

/** A tarball, wherever it lies. */
export interface Tarball {
  /** Its file name, which Rancher's operator writes much into. */
  readonly fileName: string;
  readonly sizeBytes: number;
  stream(): AsyncIterable<Uint8Array>;
  /** What lies beside it, where Velero wrote it. */
  readonly velero?: VeleroHead | undefined;
}

/** Everything that was taken: what is known of the selection where nobody kept it. */
const anything = { preset: 'other', rules: [{ excludeNoise: false, includeClusterResources: true }] } as const;

/**
 * A tarball of Velero's or of Rancher's operator, told by what is in it, as a backup.
 *
 * Throws BACKUP_DAMAGED for what is neither, and for what no backup holds; KEY_MISSING and KEY_WRONG.
 */
export async function openTarball(tarball: Tarball, options: AdoptOptions): Promise<ForeignBackup> {
  const { fileName, velero } = tarball;
  const reading = new TarReading(tarball, options);
  return await adoptObjects(reading.objects(), fileName, () => velero?.head(reading) ?? reading.head(), options);
}

class TarReading implements SeenInTar {
  newestMs: number | undefined;
  clusterUid: string | undefined;
  readonly #tarball: Tarball;
  readonly #options: AdoptOptions;
  #selection: ForeignHead['selection'] = anything;
  #isRancher = false;

  constructor(tarball: Tarball, options: AdoptOptions) {
    this.#tarball = tarball;
    this.#options = options;
  }

  async *objects(): AsyncGenerator<ForeignObject> {
    const { fileName: name, sizeBytes } = this.#tarball;
    const { signal, keyring } = this.#options;
    let parsePath: ((path: string) => ForeignPlace | 'skipped' | undefined) | undefined;
    for await (const file of readTar(this.#tarball.stream(), { name, sizeBytes, signal })) {
      parsePath ??= this.#parserFor(file);
      if (file.path === filtersPath && this.#isRancher) this.#readFilters(file);
      if (file.path.startsWith('metadata/infrabackup/')) {
        throw unreadable(name, 'it is an archive of infrabackup, and its end is not as it should be');
      }
      this.newestMs = Math.max(this.newestMs ?? 0, file.modifiedMs ?? 0);
      const place = parsePath(file.path);
      if (place === 'skipped') continue;
      if (place === undefined)
        throw unreadable(name, `it holds ${JSON.stringify(file.path.slice(0, 200))}, which is no object's place`);
      const object = readObject(file.bytes, place, name, keyring);
      const isSystem = place.plural === 'namespaces' && place.group === '' && place.name === 'kube-system';
      if (isSystem) this.clusterUid = object.manifest.metadata.uid;
      yield object;
    }
    if (parsePath === undefined) throw unreadable(name, 'it holds nothing');
  }

  head(): ForeignHead {
    const { fileName } = this.#tarball;
    const named = parseRancherName(fileName);
    const uid = named?.clusterUid ?? this.clusterUid;
    return {
      name: fileName.replace(/\.tar\.gz(\.enc)?$/, ''),
      tool: this.#isRancher ? "Rancher's backup operator" : 'Velero',
      startedAt: named?.takenAt ?? formatInstant(this.newestMs ?? 0),
      cluster: { version: 'unknown', server: '', ...(uid !== undefined && { uid }) },
      selection: this.#selection,
      labels: {},
    };
  }

  #parserFor({ path }: TarFile): typeof parseVeleroPath {
    if (parseVeleroPath(path) !== undefined) return parseVeleroPath;
    this.#isRancher = parseRancherPath(path) !== undefined;
    if (this.#isRancher) return parseRancherPath;
    throw unreadable(this.#tarball.fileName, `${JSON.stringify(path.slice(0, 200))} in it is of no tool that is known`);
  }

  /** An archive whose ResourceSet cannot be read is one all the same. */
  #readFilters({ bytes }: TarFile): void {
    try {
      this.#selection = readResourceSet(new Fields(JSON.parse(bytes.toString()), filtersPath)).selection;
    } catch {
      this.#selection = anything;
    }
  }
}
