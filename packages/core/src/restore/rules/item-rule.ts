import type { Manifest } from '../../object/manifest.ts';
import type { ObjectRef } from '../../object/ref.ts';
import type { TypeName } from '../../object/resource-type.ts';
import type { Draft } from '../draft.ts';
import type { PlanNote } from '../plan-note.ts';

/** What item rules may ask beyond the object itself. Refs are those of the target, after any namespace mapping. */
export interface RuleContext {
  /** The object itself. */
  readonly ref: ObjectRef;
  /** `reassign`: Services are created without their cluster IPs and without node ports that nobody chose. */
  readonly addresses: 'keep' | 'reassign';
  /** Whether the object is live, or is restored along. */
  readonly willExist: (ref: ObjectRef) => boolean;
  /** Whether a HorizontalPodAutoscaler, live or restored along, scales the object. */
  readonly isAutoscaled: (ref: ObjectRef) => boolean;
}

/**
 * One piece of knowledge about what the backup's object must become before it is sent: fields that the server or a
 * controller owns, or that mean something in the old cluster only.
 */
export interface ItemRule {
  readonly id: string;
  /** Whole type names; `*` for all. */
  readonly types: readonly TypeName[];
  readonly reason: string;
  readonly source: string;
  /** Edits what will be created. Says what a person should know of it; undefined for what nobody would miss. */
  readonly create?: (draft: Draft, context: RuleContext) => PlanNote | undefined;
  /** Edits what will take the place of `live`. */
  readonly update?: (draft: Draft, live: Manifest, context: RuleContext) => PlanNote | undefined;
}
