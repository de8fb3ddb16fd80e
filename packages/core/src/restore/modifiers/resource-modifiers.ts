import type { JsonObject } from '../../object/manifest.ts';

/**
 * Changes to make to objects on their way into the cluster, in the format of Velero's resource modifiers.
 *
 * Source: https://velero.io/docs/main/restore-resource-modifiers/
 */
export interface ResourceModifiers {
  readonly rules: readonly ModifierRule[];
}

/** Which objects a rule changes: all conditions must hold, held against the object as it is in the backup. */
export interface ModifierConditions {
  /** Of the backup; `*` for all. Absent: all. Cluster-scoped objects pass. */
  readonly namespaces?: readonly string[];
  /** `deployments.apps`; `*` and `?` stay within a part between dots, `**` does not. */
  readonly groupResource: string;
  readonly resourceNameRegex?: string;
  readonly labelSelector?: string;
  /** Paths (JSON pointers) that must hold these values. */
  readonly matches: readonly { readonly path: string; readonly value: unknown }[];
}

/** One step of a JSON patch. */
export interface JsonPatchStep {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** One rule: its conditions, and patches of one kind, applied in their order. */
export interface ModifierRule {
  readonly conditions: ModifierConditions;
  readonly patches:
    | { readonly kind: 'json'; readonly steps: readonly JsonPatchStep[] }
    | { readonly kind: 'merge'; readonly patches: readonly JsonObject[] }
    | { readonly kind: 'strategic'; readonly patches: readonly JsonObject[] };
}
