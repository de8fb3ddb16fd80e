import { childOf, type Draft } from '../draft.ts';
import { removeAt, takeFrom } from '../field-path.ts';
import type { ItemRule } from './item-rule.ts';

const uidLabels = ['controller-uid', 'batch.kubernetes.io~1controller-uid'];

/** The labels by which a Job finds its pods carry its uid, so each Job has its own. */
export const jobSelector: ItemRule = {
  id: 'job-selector',
  types: ['jobs.batch'],
  reason: "the API server puts the new Job's uid into its selector, and refuses another Job's",
  source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector',
  create: (draft) => {
    if (isManual(draft)) return undefined;
    removeAt(draft, '/spec/selector');
    for (const label of uidLabels) {
      removeAt(draft, `/metadata/labels/${label}`);
      removeAt(draft, `/spec/template/metadata/labels/${label}`);
    }
    return undefined;
  },
  update: (draft, live) => {
    if (isManual(draft)) return undefined;
    takeFrom(live, draft, '/spec/selector');
    for (const label of uidLabels) {
      takeFrom(live, draft, `/metadata/labels/${label}`);
      takeFrom(live, draft, `/spec/template/metadata/labels/${label}`);
    }
    return undefined;
  },
};

function isManual(draft: Draft): boolean {
  return childOf(draft, 'spec')?.['manualSelector'] === true;
}
