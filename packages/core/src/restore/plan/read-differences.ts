import type { Backup } from '../../archive/open-backup.ts';
import type { Spool } from '../../archive/spool.ts';
import { workAhead } from '../../concurrently.ts';
import { contentDigest } from '../../object/content-digest.ts';
import type { Manifest } from '../../object/manifest.ts';
import { rawObject } from '../../object/object-scanner.ts';
import { parseManifest } from '../../object/parse-manifest.ts';
import type { ObjectRef } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import type { Difference, KeptObject } from './compare-live.ts';
import type { LiveLookup } from './live-lookup.ts';
import { mentionedRefs } from './mentioned-refs.ts';

/** So many objects, of about so many bytes on each side, are read at once. */
const chunkSize = 128;
const chunkBytes = 2 << 20;
/** What is read for nothing rather than asked for apart. */
const gapBytes = 64 << 10;

/** A difference with both its sides. */
export interface DifferenceRead {
  readonly difference: Difference;
  /** Where the object is in the backup. */
  readonly source: ObjectRef;
  /** Undefined when the two are the same after all, as only the stored object could tell. */
  readonly sides: { readonly manifest: Manifest; readonly live: Manifest | undefined } | undefined;
}

/** What reading differences is done with. */
export interface ReadDifferencesInput {
  readonly backup: Backup;
  readonly spool: Spool;
  readonly lookup: LiveLookup;
  readonly typeOf: (group: string, kind: string) => ResourceType | undefined;
}

/**
 * The differences in order, each with both its sides, and with what it refers to looked up.
 *
 * Some are read while those before are consumed; what is read ahead is bounded in bytes.
 */
export async function* readDifferences(
  differences: readonly Difference[],
  input: ReadDifferencesInput,
): AsyncGenerator<DifferenceRead> {
  for await (const chunk of workAhead(chunksOf(differences), 1, (some) => readChunk(some, input))) yield* chunk;
}

function* chunksOf(differences: readonly Difference[]): Generator<readonly Difference[]> {
  let chunk: Difference[] = [];
  let sizeBytes = 0;
  for (const difference of differences) {
    const bytes = Math.max(difference.entry.sizeBytes, difference.live?.length ?? 0);
    if (chunk.length === chunkSize || (chunk.length > 0 && sizeBytes + bytes > chunkBytes)) {
      yield chunk;
      [chunk, sizeBytes] = [[], 0];
    }
    chunk.push(difference);
    sizeBytes += bytes;
  }
  if (chunk.length > 0) yield chunk;
}

/** Reads both sides of some differences, and makes known what they refer to. */
async function readChunk(
  chunk: readonly Difference[],
  { backup, spool, lookup, typeOf }: ReadDifferencesInput,
): Promise<readonly DifferenceRead[]> {
  const stored: (Manifest | undefined)[] = [];
  for await (const { bytes } of backup.readMany(chunk.map(({ entry }) => entry))) {
    const { liveDigest } = chunk[stored.length]!;
    const isSame = liveDigest !== undefined && contentDigest(rawObject(bytes)) === liveDigest;
    stored.push(isSame ? undefined : parseManifest(bytes));
  }
  const lives = await readKept(
    chunk.map(({ live }, index) => (stored[index] === undefined ? undefined : live)),
    spool,
  );
  await lookup.lookUp(chunk.flatMap(({ target }, index) => refsOf(stored[index], target, typeOf)));
  return chunk.map((difference, index): DifferenceRead => {
    const { type, namespace, name } = difference.entry;
    const manifest = stored[index];
    return { difference, source: { type, namespace, name }, sides: manifest && { manifest, live: lives[index] } };
  });
}

function refsOf(
  manifest: Manifest | undefined,
  target: ObjectRef,
  typeOf: (group: string, kind: string) => ResourceType | undefined,
): readonly ObjectRef[] {
  if (manifest === undefined) return [];
  const owners = (manifest.metadata.ownerReferences ?? []).flatMap((owner): readonly ObjectRef[] => {
    const [group = '', version] = owner.apiVersion.split('/');
    const type = typeOf(version === undefined ? '' : group, owner.kind);
    if (type === undefined) return [];
    return [{ type: typeName(type), namespace: type.namespaced ? target.namespace : undefined, name: owner.name }];
  });
  const namespace: readonly ObjectRef[] =
    target.namespace === undefined ? [] : [{ type: 'namespaces', name: target.namespace }];
  return [...owners, ...namespace, ...mentionedRefs(manifest, target)];
}

/** Live objects out of the spool, in their order; neighbours are read at once. */
export async function readKept(
  kept: readonly (KeptObject | undefined)[],
  spool: Spool,
): Promise<readonly (Manifest | undefined)[]> {
  const manifests: (Manifest | undefined)[] = [];
  let run: { readonly offset: number; readonly bytes: Buffer } = { offset: 0, bytes: Buffer.alloc(0) };
  for (const [index, live] of kept.entries()) {
    if (live === undefined) {
      manifests.push(undefined);
      continue;
    }
    if (live.offset < run.offset || live.offset + live.length > run.offset + run.bytes.length) {
      run = { offset: live.offset, bytes: await spool.read(live.offset, runLength(kept, index)) };
    }
    const from = live.offset - run.offset;
    manifests.push(parseManifest(run.bytes.subarray(from, from + live.length)));
  }
  return manifests;
}

/** How far one read goes on from the object at the index: gaps are what other types' lists put between. */
function runLength(kept: readonly (KeptObject | undefined)[], index: number): number {
  const { offset, length } = kept[index]!;
  let end = offset + length;
  for (const live of kept.slice(index + 1)) {
    if (live === undefined) continue;
    if (live.offset < end || live.offset - end > gapBytes || live.offset + live.length - offset > chunkBytes) break;
    end = live.offset + live.length;
  }
  return end - offset;
}
