import type { BackupHeader } from '../archive/summary.ts';
import type { RawObject } from '../object/raw-object.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName, type TypeName } from '../object/resource-type.ts';
import { matchesLabels, parseLabelSelector } from './label-selector.ts';
import { objectFilter, placement } from './match-object.ts';
import { planSelection, type TypePlan } from './plan-selection.ts';
import type { Selection, SelectionRule } from './selection.ts';

/** What a selection means among the objects of backups. */
export interface StoredSelection {
  /** The types that objects may be of: all that need be read of an index. */
  readonly types: readonly TypeName[];
  /** Whether the object may be selected, by its name. */
  readonly includes: (ref: ObjectRef) => boolean;
  /** Whether objects of the type must be asked for their labels too, by {@link matches}. */
  readonly asksLabels: (type: TypeName) => boolean;
  /** Whether an object that {@link includes} lets through is selected. */
  readonly matches: (type: TypeName, object: RawObject) => boolean;
}

/**
 * Turns a selection into a question to the objects of these backups; names of types and namespaces are theirs.
 *
 * The table of noise is not asked again: what lies in a backup was wanted. Throws as `planSelection` does.
 */
export function selectStored(selection: Selection, headers: readonly Pick<BackupHeader, 'types'>[]): StoredSelection {
  const types = [...new Map(headers.flatMap((header) => header.types).map((type) => [typeName(type), type])).values()];
  const namespaces = [...new Set(headers.flatMap(namespacesOf))];
  const { preset, rules, within } = selection;
  const plan = planSelection(
    {
      ...(preset !== undefined && { preset }),
      rules: rules.map(withNoise),
      ...(within && { within: withNoise(within) }),
    },
    { types, namespaces },
  );
  const plans = new Map(plan.types.map((type) => [typeName(type.type), storedType(type)]));
  return {
    types: [...plans.keys()],
    includes: (ref) => plans.get(ref.type)?.includes(ref) ?? false,
    asksLabels: (type) => plans.get(type)?.asksLabels ?? false,
    matches: (type, object) => plans.get(type)?.matches(object) ?? false,
  };
}

function withNoise(rule: SelectionRule): SelectionRule {
  return { ...rule, excludeNoise: false };
}

function namespacesOf({ types }: Pick<BackupHeader, 'types'>): string[] {
  return types.flatMap((type) => Object.keys(type.namespaces));
}

function storedType(plan: TypePlan): {
  includes: (ref: ObjectRef) => boolean;
  asksLabels: boolean;
  matches: (object: RawObject) => boolean;
} {
  const { labelSelectors, rules, within } = plan;
  const filter = objectFilter({ ...plan, fieldSelectors: [] }) ?? ((): boolean => true);
  const requirements = labelSelectors.map(parseLabelSelector);
  const asksLabels =
    requirements.length > 0 ||
    [...rules, ...within].some((rule) => (rule.labelSelector ?? rule.fieldSelector) !== undefined);
  const isPlaced = placement(plan);
  return {
    includes: (ref) => isPlaced(ref) && (asksLabels || filter(nameOnly(ref))),
    asksLabels,
    matches: (object) => requirements.every((set) => matchesLabels(set, object.labels())) && filter(object),
  };
}

/** An object of which nothing but its name is asked. */
function nameOnly({ namespace, name }: ObjectRef): RawObject {
  const nothing = (): Record<string, string> => ({});
  return {
    bytes: Buffer.alloc(0),
    name,
    namespace,
    uid: undefined,
    contentCuts: [],
    ownerReferences: () => [],
    labels: nothing,
    annotations: nothing,
  };
}
