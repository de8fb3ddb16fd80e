import { createArchiveWriter } from '../archive/archive-writer.ts';
import type { SegmentStats, SegmentWriter } from '../archive/open-segments.ts';
import type { Spool } from '../archive/spool.ts';
import { backupFile, formatVersion, sealSummary } from '../archive/summary.ts';
import type { BackupHeader, BackupSummary } from '../archive/summary.ts';
import { veleroBackup } from '../archive/velero-backup.ts';
import { backupFiles } from '../location/backup-files.ts';
import { describeEncryption } from '../encryption/encryption.ts';
import type { Encryption } from '../encryption/encryption.ts';
import type { JsonObject } from '../object/manifest.ts';
import { rawObject } from '../object/object-scanner.ts';
import { compareRefs } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import type { ResourceType, TypeName } from '../object/resource-type.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { memorySpool } from './memory-spool.ts';
import { randomObject } from './random-objects.ts';
import type { Random } from './random.ts';

/** One object of a sample: its type and its JSON. */
export interface SampleObject {
  readonly type: ResourceType;
  readonly ref: ObjectRef;
  readonly json: string;
}

/** A resource type with nothing special about it. */
export function sampleType(group: string, plural: string, namespaced = true): ResourceType {
  return {
    group,
    version: 'v1',
    kind: 'Example',
    plural,
    singular: plural,
    shortNames: [],
    categories: [],
    namespaced,
    verbs: ['get', 'list'],
    subresources: [],
    servedVersions: ['v1'],
  };
}

/** Types whose order by name is none of the orders that one would come by otherwise. */
export const sampleTypes: readonly ResourceType[] = [
  sampleType('', 'secrets'),
  sampleType('', 'configmaps'),
  sampleType('rbac.authorization.k8s.io', 'clusterroles', false),
  sampleType('apps', 'deployments'),
  sampleType('apps.example.com', 'deployments'),
];

/** Any objects in the order of backups, some long, with names that are hard on tar. */
export function randomSample(random: Random, count: number): SampleObject[] {
  const objects = new Map<string, SampleObject>();
  for (let i = 0; i < count; i++) {
    const type = random.pick(sampleTypes);
    const name = random.pick([
      `web-${i}`,
      `web.${random.below(40)}`,
      `system:controller:${i}`,
      `ünï-日本🦊-${i}`,
      'x'.repeat(random.pick([75, 95, 100, 101, 240])) + String(i),
    ]);
    const namespace = type.namespaced ? random.pick(['a', 'a-b', 'kube-system', 'n'.repeat(63)]) : undefined;
    const object: JsonObject = randomObject(random, { name, namespace, named: true });
    const padding = random.chance(0.02) ? 'pad '.repeat(random.pick([70_000, 65_430, 200_000])) : '';
    const ref = { type: typeName(type), namespace, name };
    objects.set(`${ref.type}/${namespace ?? ''}/${name}`, { type, ref, json: JSON.stringify({ ...object, padding }) });
  }
  return [...objects.values()].sort((a, b) => compareRefs(a.ref, b.ref));
}

/** How a sample is written. */
export interface WriteSampleOptions {
  readonly store?: Store;
  readonly name?: string;
  /** Members of the header that are other than those of every sample. */
  readonly header?: Partial<BackupHeader>;
  readonly encryption?: Encryption;
  readonly spool?: Spool;
  /** The order in which objects arrive; that of the sample when absent. Each type keeps its own. */
  readonly arrival?: readonly SampleObject[];
}

/** A backup of the objects in a store of its own, or in the one given. */
export async function writeSample(
  objects: readonly SampleObject[],
  options: WriteSampleOptions = {},
): Promise<{ store: Store; summary: BackupSummary }> {
  const { store = openMemoryStore(), name = 'sample', encryption, spool = memorySpool() } = options;
  const writer = await createArchiveWriter({ openSpool: () => Promise.resolve(spool), encryption });
  const types = new Map([...sampleTypes, ...objects.map(({ type }) => type)].map((type) => [typeName(type), type]));
  const segments = new Map<TypeName, SegmentWriter>();
  for (const [name, type] of types) segments.set(name, writer.segment(type));
  for (const { type, json } of options.arrival ?? objects) {
    const segment = segments.get(typeName(type))!;
    segment.add(rawObject(Buffer.from(json)));
    await segment.drain();
  }
  const stats: (ResourceType & SegmentStats)[] = [];
  for (const [name, segment] of segments) stats.push({ ...types.get(name)!, ...(await segment.close()) });

  const header = {
    format: formatVersion,
    name,
    tool: 'infrabackup test',
    startedAt: '2026-11-21T08:30:00Z',
    cluster: { uid: 'a-cluster', version: 'v1.36.3', server: 'https://127.0.0.1:6443' },
    revision: '4711',
    selection: { preset: 'all', rules: [{}] },
    labels: {},
    contentTable: 1,
    encryption: describeEncryption(
      encryption,
      stats.map((type) => ({ name: typeName(type), count: type.count })),
    ),
    types: stats.sort((a, b) => (typeName(a) < typeName(b) ? -1 : 1)),
    shortfalls: [],
    warnings: [],
    ...options.header,
  };
  const finished = await writer.finish(header);
  const files = backupFiles(name);
  await store.create(files.archive, finished.archive.stream());
  await store.create(files.index, finished.index.stream());
  const completedAt = '2026-11-21T08:30:05Z';
  const velero = Buffer.from(veleroBackup({ ...header, completedAt }));
  await store.create(files.velero, velero);
  const summary = sealSummary({
    ...header,
    ...finished.files(),
    completedAt,
    velero: backupFile('velero-backup.json', velero),
  });
  await store.create(files.summary, Buffer.from(JSON.stringify(summary)));
  await writer.close();
  return { store, summary };
}
