import {
  compareUtf8,
  describeReason,
  formatRef,
  isWrite,
  refKey,
  type PlannedObject,
  type RestorePlan,
  type TypeName,
  type Verdict,
} from '@infrabackup/core';
import { previewDocument } from '../documents/document-uri.ts';
import type { Fact, ItemView, TreeModel } from './item-view.ts';
import {
  isPicked,
  previewOf,
  writesUnder,
  type ChangeNode,
  type GroupNode,
  type Preview,
  type PreviewNode,
  type PreviewTreeNode,
} from './preview-nodes.ts';
import { formatCount } from './quantity.ts';
import { verdictViews } from './verdict-view.ts';

/** Objects that a group shows at first, and again for each "more". */
const pageSize = 500;

/** The changes of previews by verdict, namespace and type. Everything is in the plan: nothing is read. */
export class PreviewTree implements TreeModel<PreviewTreeNode> {
  readonly #previews: () => readonly Preview[];
  readonly #shown = new Map<string, number>();

  constructor(previews: () => readonly Preview[]) {
    this.#previews = previews;
  }

  children(node?: PreviewTreeNode): Promise<readonly PreviewTreeNode[]> {
    return Promise.resolve(this.#childrenOf(node));
  }

  parent(node: PreviewTreeNode): PreviewTreeNode | undefined {
    return node.kind === 'preview' ? undefined : node.parent;
  }

  view(node: PreviewTreeNode): ItemView {
    switch (node.kind) {
      case 'preview':
        return previewView(node);
      case 'group':
        return groupView(node);
      case 'change':
        return changeView(node);
      case 'more-changes':
        return {
          id: `${idOf(node.parent)}/…`,
          label: `Show more (${node.remaining.toLocaleString('en')} left)`,
          icon: { id: 'ellipsis' },
          flags: ['more'],
          expands: 'never',
          accessibleName: `Show more, ${formatCount(node.remaining, 'object')} left`,
          command: { id: 'infrabackup.showMore', title: 'Show More' },
        };
    }
  }

  /** Lets a group show its next page when its children are asked for again. */
  showMore(node: GroupNode): void {
    const id = idOf(node);
    this.#shown.set(id, (this.#shown.get(id) ?? pageSize) + pageSize);
  }

  #childrenOf(node?: PreviewTreeNode): readonly PreviewTreeNode[] {
    switch (node?.kind) {
      case undefined:
        return this.#previews().map((preview) => ({ kind: 'preview', preview }));
      case 'preview':
        return verdictGroups(node);
      case 'group':
        if (node.within === undefined) return namespaceGroups(node);
        return node.within.type === undefined ? typeGroups(node, node.within.namespace) : this.#changes(node);
      case 'change':
      case 'more-changes':
        return [];
    }
  }

  #changes(parent: GroupNode): readonly PreviewTreeNode[] {
    const shown = this.#shown.get(idOf(parent)) ?? pageSize;
    const changes = parent.objects
      .slice(0, shown)
      .map((object): PreviewTreeNode => ({ kind: 'change', parent, object }));
    const remaining = parent.objects.length - changes.length;
    return remaining > 0 ? [...changes, { kind: 'more-changes', parent, remaining }] : changes;
  }
}

function verdictGroups(parent: PreviewNode): readonly GroupNode[] {
  const groups = Map.groupBy(parent.preview.plan.objects, ({ verdict }) => verdict);
  return (Object.keys(verdictViews) as Verdict[]).flatMap((verdict): GroupNode[] => {
    const objects = groups.get(verdict);
    return objects === undefined ? [] : [{ kind: 'group', parent, verdict, objects }];
  });
}

function namespaceGroups(parent: GroupNode): readonly GroupNode[] {
  const groups = Map.groupBy(parent.objects, ({ ref }) => ref.namespace);
  return sorted(groups, (namespace) => namespace ?? '').map(([namespace, objects]) => {
    return { kind: 'group', parent, verdict: parent.verdict, within: { namespace }, objects };
  });
}

function typeGroups(parent: GroupNode, namespace: string | undefined): readonly GroupNode[] {
  const groups = Map.groupBy(parent.objects, ({ ref }) => ref.type);
  return sorted(groups, (type) => type).map(([type, objects]) => {
    const byName = objects.toSorted((a, b) => compareUtf8(a.ref.name, b.ref.name));
    return { kind: 'group', parent, verdict: parent.verdict, within: { namespace, type }, objects: byName };
  });
}

function sorted<Key>(
  groups: ReadonlyMap<Key, readonly PlannedObject[]>,
  text: (key: Key) => string,
): (readonly [Key, readonly PlannedObject[]])[] {
  return [...groups].sort(([a], [b]) => compareUtf8(text(a), text(b)));
}

function idOf(node: PreviewNode | GroupNode): string {
  if (node.kind === 'preview') return `preview/${node.preview.plan.id}`;
  const { namespace, type } = node.within ?? {};
  const preview = previewOf(node).plan.id;
  return ['preview', preview, node.verdict, ...(node.within === undefined ? [] : [namespace ?? '', type ?? ''])].join(
    '/',
  );
}

function previewView(node: PreviewNode): ItemView {
  const { preview } = node;
  const { plan, context, picked, title } = preview;
  const isUndo = preview.kind === 'undo';
  const changes = writesUnder(node).length;
  const summary =
    changes === 0
      ? 'nothing to change'
      : `${formatCount(changes, 'change')}${isUndo || picked.size === changes ? '' : `, ${picked.size.toLocaleString('en')} picked`}`;
  const warnings = plan.warnings.length + plan.missingRights.length;
  return {
    id: idOf(node),
    label: `Preview: ${isUndo ? 'undo of ' : ''}${title}`,
    description: `${context} · ${summary}`,
    facts: previewFacts(preview),
    icon: warnings > 0 ? { id: 'warning', colour: 'list.warningForeground' } : { id: 'eye' },
    flags: [
      preview.kind,
      'preview',
      ...(changes === 0 ? [] : ['changes']),
      ...(plan.missingRights.length > 0 ? ['refused'] : []),
    ],
    expands: 'at-once',
    accessibleName: `Preview of ${isUndo ? 'undoing the restore of' : 'restoring'} ${title} into ${context}, ${summary}`,
    isPicked: isPicked(node),
  };
}

function previewFacts({ kind, plan, context, location }: Preview): readonly Fact[] {
  const { counts, options } = plan;
  return [
    ['Backup', `${plan.backup.name} of ${plan.backup.takenAt}, in ${location.name}`],
    ['Cluster', `${context}, Kubernetes ${plan.cluster.version}`],
    ...(plan.otherCluster === true ? [['Attention', 'this is another cluster than the backup’s'] as const] : []),
    ['Objects', describeCounts(counts)],
    ...(kind === 'undo' ? [] : [['Existing objects', options.existing] as const]),
    ['Plan', plan.id],
  ];
}

/** How many objects a plan would change, and how: `2 created, 1 deleted`. */
export function describeWrites(counts: RestorePlan['counts']): string {
  return describeCounts(counts, isWrite);
}

function describeCounts(counts: RestorePlan['counts'], isMeant: (verdict: Verdict) => boolean = () => true): string {
  return (Object.keys(verdictViews) as Verdict[])
    .filter((verdict) => counts[verdict] > 0 && isMeant(verdict))
    .map((verdict) => `${counts[verdict].toLocaleString('en')} ${verdictViews[verdict].word}`)
    .join(', ');
}

function groupView(node: GroupNode): ItemView {
  const { title } = verdictViews[node.verdict];
  const count = node.objects.length.toLocaleString('en');
  const label = node.within === undefined ? title : (node.within.type ?? node.within.namespace ?? 'Cluster-scoped');
  return {
    id: idOf(node),
    label,
    description: count,
    icon: groupIcon(node),
    flags: [previewOf(node).kind, 'group', node.verdict, ...(writesUnder(node).length > 0 ? ['changes'] : [])],
    expands: 'on-demand',
    accessibleName: `${node.within === undefined ? label : `${title}: ${label}`}, ${formatCount(node.objects.length, 'object')}`,
    isPicked: isPicked(node),
  };
}

function groupIcon({ within, verdict }: GroupNode): ItemView['icon'] {
  if (within === undefined) return verdictViews[verdict].icon;
  if (within.type !== undefined) return { id: 'symbol-class' };
  return { id: within.namespace === undefined ? 'globe' : 'symbol-namespace' };
}

function changeView(node: ChangeNode): ItemView {
  const { object, parent } = node;
  const { word, icon } = verdictViews[object.verdict];
  const preview = previewOf(node);
  const reason = object.reason && describeReason(object.reason);
  return {
    id: `preview/${preview.plan.id}//${refKey(object.ref)}`,
    label: object.ref.name,
    description: reason,
    facts: [['Object', formatRef(object.ref)], ...(reason === undefined ? [] : [['Why', reason] as const])],
    icon,
    flags: [preview.kind, 'change', object.verdict, ...(isPicked(node) === undefined ? [] : ['changes'])],
    expands: 'never',
    accessibleName: `${typeOf(parent)} ${object.ref.name}, ${word}${reason === undefined ? '' : `: ${reason}`}`,
    resource: previewDocument(preview.plan.id, 'after', object.ref),
    isPicked: isPicked(node),
    command: { id: 'infrabackup.openChange', title: 'Open Changes' },
  };
}

function typeOf({ within }: GroupNode): TypeName {
  return within?.type ?? '';
}
