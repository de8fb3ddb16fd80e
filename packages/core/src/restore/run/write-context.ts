import type { ClusterReader } from '../../cluster/reader.ts';
import type { ClusterWriter } from '../../cluster/writer.ts';
import type { Manifest } from '../../object/manifest.ts';
import { refKey, type ObjectRef } from '../../object/ref.ts';
import type { ResourceType } from '../../object/resource-type.ts';
import type { ContentDigester } from '../content-of.ts';
import { childOf } from '../draft.ts';
import { plannedOwners } from '../owners.ts';
import { exactObject, prepareObject, type PreparedObject } from '../prepare-object.ts';
import type { PlannedObject, PlannedWrite, RestorePlan } from '../restore-plan.ts';
import type { LeftObject } from './object-result.ts';
import { sizeOf, type RememberedSizes } from './scale-down.ts';

/** What the objects of a run are written with. */
export interface WriteContext {
  readonly plan: RestorePlan;
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly digester: ContentDigester;
  /** Resolves after that time; rejects with CANCELLED when the run is stopped. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  /** Whether nothing may be sent: what is not done already is refused as not reached. */
  readonly onlyLook: boolean;
  /** The sizes of workloads that are scaled to 0 while the run goes on, by `refKey`. */
  readonly scaledDown: RememberedSizes;
  /** Whether the workload is to be written with the size 0; `size` is the one that it would have. */
  readonly staysDown: (ref: ObjectRef, size: number) => boolean;
  /** The uid of an object that this run has written; undefined for any other. */
  readonly uidOf: (ref: ObjectRef) => string | undefined;
  /** Whether this run has created the namespace: what shows up there is made by controllers. */
  readonly isNewNamespace: (name: string) => boolean;
  /** Whether this run has written the definition of the type: it may take a moment to be served. */
  readonly isNewType: (ref: ObjectRef) => boolean;
}

/** One object on its way into the cluster. */
export interface WriteJob {
  readonly planned: PlannedObject;
  readonly write: PlannedWrite;
  /** In the version that it is written in. */
  readonly type: ResourceType;
  /** As it lies in the backup. */
  readonly manifest: Manifest;
  /** Whether it may have been written already, by a run that was cut off. */
  readonly wasBegun: boolean;
}

/** The object as it is now, in the version that it is written in; undefined when it does not exist. */
export async function readLive(
  { planned, type }: Pick<WriteJob, 'planned' | 'type'>,
  context: WriteContext,
): Promise<Manifest | undefined> {
  return await context.reader.get(type, planned.ref.namespace, planned.ref.name, context.signal);
}

/** The object as it would be had it not been scaled down for the run. */
export function asNotScaled(
  live: Manifest,
  { planned }: Pick<WriteJob, 'planned'>,
  { scaledDown }: WriteContext,
): Manifest {
  const size = scaledDown.get(refKey(planned.ref));
  const spec = childOf(live, 'spec');
  return size === undefined || spec?.['replicas'] !== 0 ? live : { ...live, spec: { ...spec, replicas: size } };
}

/** The body as it is sent: that of a workload which is to stay down has the size 0. */
export function asSent(body: Manifest, { planned }: Pick<WriteJob, 'planned'>, { staysDown }: WriteContext): Manifest {
  const spec = childOf(body, 'spec');
  if (spec === undefined || !staysDown(planned.ref, sizeOf(body))) return body;
  return { ...body, spec: { ...spec, replicas: 0 } };
}

/** The object made ready as it was planned; or the owner that it waits for, which does not exist. */
export function prepareAsPlanned(
  { planned, write, type, manifest }: WriteJob,
  live: Manifest | undefined,
  { plan, uidOf }: WriteContext,
): PreparedObject | ObjectRef {
  if (write.exact === true && live !== undefined) return exactObject(manifest, type, write.status);
  const owners = plannedOwners(manifest, write.owners, uidOf);
  if ('name' in owners) return owners;
  return prepareObject(
    { manifest, source: planned.source ?? planned.ref, target: planned.ref, type, live },
    {
      options: plan.options,
      rules: {
        addresses: plan.options.addresses ?? 'keep',
        willExist: (ref) => !write.missing.includes(refKey(ref)),
        isAutoscaled: () => write.autoscaled,
      },
      ownersOf: () => owners,
    },
  );
}

/** What an undo has to know of an object that was just written. */
export function leftBehind(object: Manifest, { digester }: WriteContext): LeftObject {
  return {
    uid: object.metadata.uid ?? '',
    resourceVersion: object.metadata.resourceVersion ?? '',
    content: digester.contentOf(object),
  };
}
