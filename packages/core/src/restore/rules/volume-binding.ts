import { childOf, textOf, type Draft } from '../draft.ts';
import { removeAt, takeFrom } from '../field-path.ts';
import type { ItemRule, RuleContext } from './item-rule.ts';

/** A claim keeps the volume that it was bound to where that volume is, or comes back. */
export const claimedVolume: ItemRule = {
  id: 'claimed-volume',
  types: ['persistentvolumeclaims'],
  reason: 'a claim that names a missing volume stays Lost; without the name a volume is provisioned for it',
  source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume',
  create: (draft, context) => {
    const volume = textOf(childOf(draft, 'spec'), 'volumeName') ?? '';
    if (volume === '' || context.willExist({ type: 'persistentvolumes', name: volume })) return undefined;
    removeAt(draft, '/spec/volumeName');
    dropMissingDataSource(draft, context);
    return { kind: 'volume-unbound', volume };
  },
  update: (draft, live, context) => {
    const volume = textOf(childOf(draft, 'spec'), 'volumeName') ?? '';
    const isBound = textOf(childOf(live, 'spec'), 'volumeName') !== undefined;
    if (isBound || !context.willExist({ type: 'persistentvolumes', name: volume })) {
      takeFrom(live, draft, '/spec/volumeName');
    }
    // Nobody may change it, and once the volume is filled it is history.
    for (const field of dataSourceFields) takeFrom(live, draft, `/spec/${field}`);
    return undefined;
  },
};

const dataSourceFields = ['dataSource', 'dataSourceRef'];

const dataSourceTypes: Readonly<Record<string, string>> = {
  VolumeSnapshot: 'volumesnapshots.snapshot.storage.k8s.io',
  PersistentVolumeClaim: 'persistentvolumeclaims',
};

/** What the lost volume was once filled from: while that is missing too, the new volume would never come. */
function dropMissingDataSource(draft: Draft, context: RuleContext): void {
  for (const field of dataSourceFields) {
    const from = childOf(childOf(draft, 'spec'), field);
    const type = dataSourceTypes[textOf(from, 'kind') ?? ''];
    const name = textOf(from, 'name');
    if (type === undefined || name === undefined) continue;
    const namespace = textOf(from, 'namespace') ?? textOf(childOf(draft, 'metadata'), 'namespace');
    if (!context.willExist({ type, namespace, name })) removeAt(draft, `/spec/${field}`);
  }
}
