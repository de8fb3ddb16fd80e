import type { ClusterReader } from '../../cluster/reader.ts';
import type { ClusterWriter, WriteRequest } from '../../cluster/writer.ts';
import { AppError } from '../../errors/app-error.ts';
import { configMapType } from '../../object/known-types.ts';
import type { Manifest } from '../../object/manifest.ts';
import { formatRef, refKey, type ObjectRef } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import { childOf } from '../draft.ts';
import { listKeptSizes, readKeptSizes, sizesName, type KeptSizes } from '../kept-sizes.ts';
import type { RunEvent } from './object-result.ts';

/** What scaling workloads down and up is done with. */
export interface ScaleInput {
  readonly runId: string;
  readonly refs: readonly ObjectRef[];
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly sleep: (ms: number) => Promise<void>;
  readonly report?: ((event: RunEvent) => void) | undefined;
}

/** The sizes that workloads had before they were scaled down, or would have had they been created, by `refKey`. */
export type RememberedSizes = Map<string, number>;

const goneWithinMs = 180_000;
const pollMs = 500;

/**
 * Scales workloads to 0 and waits until their pods are gone. Their sizes are in the cluster before that: in a ConfigMap
 * beside them, which any machine finds after a crash, and which leaves the workloads themselves unmarked.
 *
 * A workload that does not exist is passed over, so that one which the restore creates keeps the size of the backup.
 * After a crash the sizes of the first time count, also for another run: nobody takes a 0 for them. Throws SCALE_FAILED.
 */
export async function scaleDown(input: ScaleInput): Promise<RememberedSizes> {
  const types = await typesOf(input);
  const remembered = new Map<string, number>();
  for (const [namespace, refs] of byNamespace(input.refs)) {
    const kept = await readKeptSizes(namespace, input.runId, input.reader);
    const sizes = kept?.sizes ?? (await rememberSizes(namespace, refs, types, input));
    for (const ref of refs) {
      const size = sizes[nameIn(ref)];
      if (size !== undefined) remembered.set(refKey(ref), size);
    }
  }
  const present = input.refs.filter((ref) => remembered.has(refKey(ref)));
  for (const ref of present) await setSize(ref, 0, types, input);
  for (const ref of present) await awaitPodsGone(ref, types, input);
  return remembered;
}

/**
 * Gives workloads their sizes back, but for those that have another by now, and forgets them. `restored` are those that
 * the restore has written: they have the size of the backup. What was left behind by a crash is brought back as well.
 */
export async function scaleUp(input: ScaleInput, restored: ReadonlySet<string>): Promise<void> {
  const types = await typesOf(input);
  for (const [namespace, refs] of byNamespace(input.refs)) {
    const kept = await readKeptSizes(namespace, input.runId, input.reader);
    if (kept === undefined) continue;
    for (const ref of refs) {
      const size = kept.sizes[nameIn(ref)];
      if (size === undefined || restored.has(refKey(ref))) continue;
      const live = await input.reader.get(typeFor(ref, types), ref.namespace, ref.name);
      if (live !== undefined && sizeOf(live) === 0) await setSize(ref, size, types, input);
    }
    await forgetSizes(namespace, kept, input);
  }
}

/** The command that gives a workload its size back, for whoever left it down. */
export function scaleCommand(ref: ObjectRef, size: number): string {
  return `kubectl scale ${ref.type}/${ref.name} -n ${ref.namespace ?? 'default'} --replicas=${size}`;
}

/** `spec.replicas`; 1 where it is left out, as the API server counts it. */
export function sizeOf(workload: Manifest): number {
  const replicas = childOf(workload, 'spec')?.['replicas'];
  return typeof replicas === 'number' ? replicas : 1;
}

async function rememberSizes(
  namespace: string,
  refs: readonly ObjectRef[],
  types: ReadonlyMap<string, ResourceType>,
  { runId, reader, writer }: ScaleInput,
): Promise<Readonly<Record<string, number>>> {
  const left = new Map((await listKeptSizes(namespace, reader)).flatMap((kept) => Object.entries(kept.sizes)));
  const sizes: Record<string, number> = {};
  for (const ref of refs) {
    const live = await reader.get(typeFor(ref, types), ref.namespace, ref.name);
    const key = nameIn(ref);
    if (live !== undefined) sizes[key] = sizeOf(live) || (left.get(key) ?? 0);
  }
  const name = sizesName(runId);
  const answer = await writer.write({
    ...{ verb: 'create', type: configMapType, namespace, name },
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace,
        annotations: { 'kubernetes.io/description': `Sizes of workloads that restore ${runId} has scaled down.` },
      },
      data: Object.fromEntries(Object.entries(sizes).map(([key, size]) => [key, String(size)])),
    },
  });
  if (answer.kind === 'refused')
    throw failed(`the sizes of workloads in ${namespace} could not be kept`, answer.refusal.message);
  return sizes;
}

/** Also what other runs have left behind, where all of it is brought back. */
async function forgetSizes(namespace: string, own: KeptSizes, { reader, writer }: ScaleInput): Promise<void> {
  const others = (await listKeptSizes(namespace, reader)).filter(
    ({ name, sizes }) => name !== own.name && Object.keys(sizes).every((key) => Object.hasOwn(own.sizes, key)),
  );
  for (const { name, uid } of [own, ...others]) {
    await writer.write({ verb: 'delete', type: configMapType, namespace, name, uid, propagation: 'Background' });
  }
}

async function setSize(
  ref: ObjectRef,
  replicas: number,
  types: ReadonlyMap<string, ResourceType>,
  { writer, report }: ScaleInput,
): Promise<void> {
  const request: WriteRequest = {
    ...{ verb: 'patch', subresource: 'scale', type: typeFor(ref, types) },
    ...{ namespace: ref.namespace, name: ref.name, patch: { spec: { replicas } } },
  };
  const answer = await writer.write(request);
  if (answer.kind === 'refused' && answer.refusal.reason !== 'NotFound') {
    throw failed(`${formatRef(ref)} could not be scaled to ${replicas}`, answer.refusal.message);
  }
  report?.({ kind: 'scaling', ref, to: replicas });
}

async function awaitPodsGone(
  ref: ObjectRef,
  types: ReadonlyMap<string, ResourceType>,
  { reader, sleep }: ScaleInput,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const live = await reader.get(typeFor(ref, types), ref.namespace, ref.name);
    const status = childOf(live, 'status');
    const isCurrent = Number(status?.['observedGeneration'] ?? Infinity) >= (live?.metadata.generation ?? 0);
    if (live === undefined || (isCurrent && Number(status?.['replicas'] ?? 0) === 0)) return;
    if (waitedMs >= goneWithinMs) {
      throw failed(`${formatRef(ref)} still has pods ${goneWithinMs / 1_000} s after it was scaled to 0`, undefined);
    }
    await sleep(pollMs);
  }
}

async function typesOf({ reader, refs }: ScaleInput): Promise<ReadonlyMap<string, ResourceType>> {
  if (refs.length === 0) return new Map();
  const { types } = await reader.discover();
  return new Map(types.map((type) => [typeName(type), type]));
}

function typeFor(ref: ObjectRef, types: ReadonlyMap<string, ResourceType>): ResourceType {
  const type = types.get(ref.type);
  if (type?.subresources.includes('scale') === true) return type;
  throw failed(`${formatRef(ref)} cannot be scaled`, undefined);
}

function byNamespace(refs: readonly ObjectRef[]): ReadonlyMap<string, readonly ObjectRef[]> {
  return Map.groupBy(refs, ({ namespace }) => namespace ?? 'default');
}

/** A key that a ConfigMap may have. */
function nameIn({ type, name }: ObjectRef): string {
  return `${type}_${name}`;
}

function failed(what: string, why: string | undefined): AppError {
  return new AppError('SCALE_FAILED', why === undefined ? what : `${what}: ${why}`, {
    hint: 'run the same command again: it goes on, and brings back what it has scaled down',
  });
}
