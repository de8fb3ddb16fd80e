import { sameJson } from '../diff/same-json.ts';
import type { JsonObject, Manifest } from '../object/manifest.ts';
import type { TypeName } from '../object/resource-type.ts';
import { type Draft } from './draft.ts';

/** Who may set a field: one entry of `metadata.managedFields`. */
interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion?: string;
  readonly fieldsV1?: JsonObject;
  readonly subresource?: string;
}

/**
 * How an object is created so that its fields belong to whom they belonged to.
 *
 * The API server discards `managedFields` at creation and notes the writer instead; an update that carries them sets
 * them exactly. So where one manager owned all, writing in its name is enough; else a second write is needed.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export interface OwnershipPlan {
  /** The name to write in, and by which request: `apply` sends only what `fields` names. */
  readonly main:
    | { readonly verb: 'create'; readonly manager: string | undefined }
    | { readonly verb: 'apply'; readonly manager: string; readonly fields: JsonObject };
  /** In whose name the status is written, where it is restored. */
  readonly statusManager: string | undefined;
  /** Whether the entries must be set by a second write. */
  readonly needsSecondWrite: boolean;
}

/**
 * Types whose server gives out fields at creation that nobody owns and that cannot be changed afterwards: they are
 * never created from their owned fields alone.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#choosing-your-own-ip-address,
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
const allocatedAtCreation: readonly TypeName[] = ['services', 'persistentvolumeclaims', 'pods', 'jobs.batch'];

/** The plan for the managed fields that the backup holds; what was written to subresources does not count as an owner. */
export function planOwnership(type: TypeName, manifest: Manifest, restoresStatus: boolean): OwnershipPlan {
  const entries = managedFieldsOf(manifest);
  const status = entries.filter((entry) => entry.subresource === 'status');
  const main = entries.filter((entry) => entry.subresource !== 'status');
  const statusManager = status.length === 1 && status[0]!.operation === 'Update' ? status[0]!.manager : undefined;
  const statusIsExact = !restoresStatus || status.length === 0 || statusManager !== undefined;
  const only = main.length === 1 && main[0]!.subresource === undefined ? main[0]! : undefined;
  const canApply =
    only?.operation === 'Apply' &&
    only.fieldsV1 !== undefined &&
    only.apiVersion === manifest.apiVersion &&
    !allocatedAtCreation.includes(type);
  if (canApply) {
    return {
      main: { verb: 'apply', manager: only.manager, fields: only.fieldsV1 },
      statusManager,
      needsSecondWrite: !statusIsExact,
    };
  }
  const first = main.find((entry) => entry.operation === 'Update') ?? main[0];
  const isExact = main.length === 0 || only?.operation === 'Update';
  return {
    main: { verb: 'create', manager: first?.manager },
    statusManager,
    needsSecondWrite: !isExact || !statusIsExact,
  };
}

/** The object's entries; those that are no entries at all are left out, as the server would. */
function managedFieldsOf(manifest: Manifest): readonly ManagedFieldsEntry[] {
  return (manifest.metadata.managedFields ?? []).filter(
    (entry) =>
      typeof entry['manager'] === 'string' && (entry['operation'] === 'Apply' || entry['operation'] === 'Update'),
  ) as unknown as readonly ManagedFieldsEntry[];
}

/**
 * The entries that an updated object is to have: those of the backup for what was restored, those of the live object
 * for what was left alone (its status, and a size that an autoscaler set).
 */
export function entriesAfterUpdate(
  backup: Manifest,
  live: Manifest,
  left: { readonly status: boolean; readonly scale: boolean },
): readonly JsonObject[] {
  const isLeft = (entry: ManagedFieldsEntry): boolean =>
    (left.status && entry.subresource === 'status') || (left.scale && entry.subresource === 'scale');
  const entries = [
    ...managedFieldsOf(backup).filter((entry) => !isLeft(entry)),
    ...managedFieldsOf(live).filter((entry) => isLeft(entry)),
  ];
  return entries as unknown as readonly JsonObject[];
}

/**
 * The object as it is sent to have these entries and no others; one empty entry means none.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields
 */
export function withOwnership(object: Manifest, entries: readonly JsonObject[]): Manifest {
  return { ...object, metadata: { ...object.metadata, managedFields: entries.length === 0 ? [{}] : entries } };
}

/** Whether the same managers own the same fields; when they wrote them is no matter, nor is the order. */
export function isSameOwnership(a: readonly JsonObject[] | undefined, b: readonly JsonObject[] | undefined): boolean {
  const left = withoutTimes(a);
  const right = withoutTimes(b);
  if (left.length !== right.length) return false;
  return left.every((entry) => right.some((other) => sameJson(entry, other)));
}

function withoutTimes(entries: readonly JsonObject[] | undefined): readonly Draft[] {
  return (entries ?? []).map((entry) => {
    const copy: Draft = { ...entry };
    delete copy['time'];
    return copy;
  });
}
