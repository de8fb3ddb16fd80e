import type { ClusterReader } from '../cluster/reader.ts';
import { isAppError } from '../errors/app-error.ts';
import { configMapType } from '../object/known-types.ts';
import type { Manifest } from '../object/manifest.ts';
import { parseManifest } from '../object/parse-manifest.ts';
import { childOf } from './draft.ts';

/** A ConfigMap beside workloads that a run has scaled down: what sizes they had. */
export interface KeptSizes {
  readonly name: string;
  readonly uid: string;
  /** By type and name. */
  readonly sizes: Readonly<Record<string, number>>;
}

const prefix = 'infrabackup-sizes-';

/** The name of the ConfigMap that remembers sizes while a run has workloads scaled down. */
export function sizesName(runId: string): string {
  return `${prefix}${runId}`;
}

/** Whether a ConfigMap of that name remembers sizes for a run. */
export function isSizesName(name: string): boolean {
  return name.startsWith(prefix);
}

/** What runs of any time have kept in the namespace; nothing where that may not be listed. */
export async function listKeptSizes(namespace: string, reader: ClusterReader): Promise<readonly KeptSizes[]> {
  const found: KeptSizes[] = [];
  try {
    for await (const { objects } of reader.list({ type: configMapType, namespace })) {
      for (const { name, bytes } of objects) if (isSizesName(name)) found.push(keptIn(parseManifest(bytes)));
    }
  } catch (error) {
    if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
  }
  return found;
}

/** What the run has kept in the namespace; undefined when it has kept nothing there. */
export async function readKeptSizes(
  namespace: string,
  runId: string,
  reader: ClusterReader,
): Promise<KeptSizes | undefined> {
  const found = await reader.get(configMapType, namespace, sizesName(runId));
  return found && keptIn(found);
}

function keptIn(configMap: Manifest): KeptSizes {
  const data = Object.entries(childOf(configMap, 'data') ?? {});
  const { name, uid = '' } = configMap.metadata;
  return { name, uid, sizes: Object.fromEntries(data.map(([key, size]) => [key, Number(size)])) };
}
