import type { Manifest } from '../../object/manifest.ts';
import { childOf, textOf, type Draft } from '../draft.ts';
import type { ItemRule } from './item-rule.ts';

/** The garbage collector's own finalizers: they say how an object is being deleted. */
const collectorFinalizers = ['foregroundDeletion', 'orphan'];

/** Objects that were being deleted when the backup was taken. */
export const interruptedDeletion: ItemRule = {
  id: 'interrupted-deletion',
  types: ['*'],
  reason: 'a deletion cannot be restored half done',
  source: 'https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion',
  create: (draft) => {
    const metadata = childOf(draft, 'metadata')!;
    keepFinalizers(metadata, []);
    return textOf(metadata, 'deletionTimestamp') === undefined ? undefined : { kind: 'was-terminating' };
  },
};

/** What holds a live object back from being deleted goes on doing so. */
export const liveFinalizers: ItemRule = {
  id: 'live-finalizers',
  types: ['*'],
  reason: 'a finalizer that a controller has put there since still has its work to do',
  source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/',
  update: (draft, live) => {
    keepFinalizers(childOf(draft, 'metadata')!, finalizersOf(live));
    return undefined;
  },
};

function keepFinalizers(metadata: Draft, live: readonly string[]): void {
  const own = Array.isArray(metadata['finalizers']) ? (metadata['finalizers'] as string[]) : [];
  const kept = [...live, ...own.filter((name) => !live.includes(name) && !collectorFinalizers.includes(name))];
  if (kept.length === 0) delete metadata['finalizers'];
  else metadata['finalizers'] = kept;
}

function finalizersOf(manifest: Manifest): readonly string[] {
  return manifest.metadata.finalizers ?? [];
}
