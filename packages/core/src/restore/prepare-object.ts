import { apiVersionOf, type ResourceType } from '../object/resource-type.ts';
import type { Json, Manifest } from '../object/manifest.ts';
import type { ObjectRef } from '../object/ref.ts';
import { draftOf, manifestOf, type Draft } from './draft.ts';
import { removeAt, takeFrom } from './field-path.ts';
import { isMapping, mapNamespaces } from './map-namespaces.ts';
import { applyModifiers } from './modifiers/apply-modifiers.ts';
import { mergeOwners, type ResolvedOwners } from './owners.ts';
import type { PlanNote } from './plan-note.ts';
import type { RestoreOptions } from './restore-options.ts';
import type { RuleContext } from './rules/item-rule.ts';
import { applyItemRules } from './rules/item-rules.ts';
import { systemMetadata } from './rules/server-fields.ts';
import { statusLeftBecause } from './status-rules.ts';

/** What an object of the backup is prepared with: the same when it is planned and when it is written. */
export interface PrepareContext {
  readonly options: Pick<RestoreOptions, 'namespaceMapping' | 'modifiers' | 'status'>;
  readonly rules: Omit<RuleContext, 'ref'>;
  /** The owner references that the object is to have. */
  readonly ownersOf: (manifest: Manifest, target: ObjectRef) => ResolvedOwners;
}

/** The object to prepare. */
export interface ObjectToPrepare {
  /** As it lies in the backup. */
  readonly manifest: Manifest;
  readonly source: ObjectRef;
  readonly target: ObjectRef;
  /** In the version that it is written in. */
  readonly type: ResourceType;
  /** What it takes the place of, in that same version; undefined when it is created. */
  readonly live: Manifest | undefined;
}

/** An object of the backup, made ready for this cluster. */
export interface PreparedObject {
  /** Without managed fields, and without status where that is written apart. */
  readonly body: Manifest;
  /** What `PUT .../status` is to set; undefined where the status is left alone. */
  readonly status: Json | undefined;
  readonly owners: ResolvedOwners;
  readonly notes: readonly PlanNote[];
}

/**
 * Makes of the backup's object what is sent: mapped names, item rules, modifiers, live owners.
 *
 * Pure: the same input gives the same bytes. Throws USAGE for a modifier that does not fit.
 */
export function prepareObject(object: ObjectToPrepare, context: PrepareContext): PreparedObject {
  const { manifest, source, target, type, live } = object;
  const { options, rules } = context;
  const draft = draftOf(manifest);
  draft['apiVersion'] = apiVersionOf(type);
  if (isMapping(options.namespaceMapping)) mapNamespaces(draft, target.type, options.namespaceMapping);
  const ruleNotes = applyItemRules(draft, live, { ...rules, ref: target });
  const modified = applyModifiers(draft, options.modifiers, { ref: source, manifest });

  const body = modified.draft;
  const owners = context.ownersOf(manifest, target);
  setOwners(body, owners, live);
  const status = takeStatus(body, type, target, live, options.status);
  for (const field of systemMetadata) removeAt(body, field);
  return {
    body: manifestOf(body),
    status: status.value,
    owners,
    notes: [...ruleNotes, ...modified.notes, ...owners.notes, ...status.notes],
  };
}

/** The object as it was, for a server that still has it: without what the server alone writes. */
export function exactObject(manifest: Manifest, type: ResourceType, restoresStatus: boolean): PreparedObject {
  const body = draftOf(manifest);
  const isApart = type.subresources.includes('status');
  const status = isApart && restoresStatus ? (body['status'] as Json | undefined) : undefined;
  if (isApart) delete body['status'];
  for (const field of systemMetadata) removeAt(body, field);
  return {
    body: manifestOf(body),
    status,
    owners: { references: [], owners: [], controller: 'absent', notes: [] },
    notes: [],
  };
}

function setOwners(body: Draft, owners: ResolvedOwners, live: Manifest | undefined): void {
  const references = mergeOwners(live?.metadata.ownerReferences ?? [], owners.references);
  const metadata = body['metadata'] as Draft;
  if (references.length === 0) delete metadata['ownerReferences'];
  else metadata['ownerReferences'] = references;
}

/** Takes the status out of the body where it is written apart; leaves it in where it is a member like any other. */
function takeStatus(
  body: Draft,
  type: ResourceType,
  target: ObjectRef,
  live: Manifest | undefined,
  wanted: RestoreOptions['status'],
): { readonly value: Json | undefined; readonly notes: readonly PlanNote[] } {
  const isWanted = wanted === 'all' || (wanted === 'created' && live === undefined);
  const value = body['status'] as Json | undefined;
  if (!type.subresources.includes('status')) {
    if (live !== undefined && !isWanted) takeFrom(live, body, '/status');
    return { value: undefined, notes: [] };
  }
  delete body['status'];
  if (!isWanted || value === undefined || value === null) return { value: undefined, notes: [] };
  const reason = statusLeftBecause(target.type);
  // What every controller writes by itself is not worth a note on each object.
  return { value: reason === undefined || wanted === 'all' ? value : undefined, notes: [] };
}
