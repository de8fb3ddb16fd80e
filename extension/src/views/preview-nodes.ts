import { isWrite, refKey, type PlannedObject, type RestorePlan, type TypeName, type Verdict } from '@infrabackup/core';
import type { Location } from './backup-nodes.ts';

/** A plan that is shown, and what of it the user has picked. */
export interface Preview {
  /** An undo is looked at and carried out whole; of a restore changes can be picked. */
  readonly kind: 'restore' | 'undo';
  readonly plan: RestorePlan;
  /** The kubeconfig context that it was made for, and is carried out in. */
  readonly context: string;
  /** Where its backup lies. */
  readonly location: Location;
  /** What is restored, as it was asked for: `nightly`, `configmaps/web -n shop of nightly`. */
  readonly title: string;
  /** Keys of the objects that would be restored; at first all that would change. */
  readonly picked: Set<string>;
}

/** The first row of a preview. */
export interface PreviewNode {
  readonly kind: 'preview';
  readonly preview: Preview;
}

/** Objects of one verdict, of one namespace in it, or of one type in that. */
export interface GroupNode {
  readonly kind: 'group';
  readonly parent: PreviewNode | GroupNode;
  readonly verdict: Verdict;
  /** Absent: of all; `namespace` undefined: of those in none. */
  readonly within?: { readonly namespace: string | undefined; readonly type?: TypeName };
  readonly objects: readonly PlannedObject[];
}

/** One object of the plan. */
export interface ChangeNode {
  readonly kind: 'change';
  readonly parent: GroupNode;
  readonly object: PlannedObject;
}

/** Stands below the objects that are shown, for those that are not yet. */
export interface MoreChangesNode {
  readonly kind: 'more-changes';
  readonly parent: GroupNode;
  readonly remaining: number;
}

/** Any row of a preview. */
export type PreviewTreeNode = PreviewNode | GroupNode | ChangeNode | MoreChangesNode;

/** The preview that a row belongs to. */
export function previewOf(node: PreviewTreeNode): Preview {
  return node.kind === 'preview' ? node.preview : previewOf(node.parent);
}

/** The objects under a row. */
export function objectsUnder(node: PreviewTreeNode): readonly PlannedObject[] {
  switch (node.kind) {
    case 'preview':
      return node.preview.plan.objects;
    case 'group':
      return node.objects;
    case 'change':
      return [node.object];
    case 'more-changes':
      return [];
  }
}

/** Those that carrying out the plan would change. */
export function writesUnder(node: PreviewTreeNode): readonly PlannedObject[] {
  return objectsUnder(node).filter(({ verdict }) => isWrite(verdict));
}

/** Whether all changes under a row are picked; undefined where there is nothing to pick. */
export function isPicked(node: PreviewTreeNode): boolean | undefined {
  const writes = writesUnder(node);
  const { kind, picked } = previewOf(node);
  return kind === 'undo' || writes.length === 0 ? undefined : writes.every(({ ref }) => picked.has(refKey(ref)));
}

/** Picks every change under a row, or none of them. */
export function pick(node: PreviewTreeNode, wanted: boolean): void {
  const { picked } = previewOf(node);
  for (const { ref } of writesUnder(node)) {
    if (wanted) picked.add(refKey(ref));
    else picked.delete(refKey(ref));
  }
}

/** Whether an argument of a command is a row of a preview, of one of these kinds. */
export function isPreviewNode<Kind extends PreviewTreeNode['kind']>(
  value: unknown,
  ...wanted: readonly Kind[]
): value is Extract<PreviewTreeNode, { readonly kind: Kind }> {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  return wanted.some((one) => one === kind);
}
