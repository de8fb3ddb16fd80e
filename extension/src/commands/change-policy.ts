import type { Command } from '../app.ts';
import { pickOne } from '../pick.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Previews the same anew with another answer to what becomes of objects that exist. */
export const changePolicy: Command = {
  id: 'infrabackup.changePolicy',
  async run({ restores }, node) {
    if (!isPreviewNode(node, 'preview')) return;
    const { id, options } = node.preview.plan;
    const old = restores.preview(id);
    if (old === undefined) return;
    const { existing } = await pickOne(
      policies.map((policy) => ({ ...policy, description: policy.existing === options.existing ? 'now' : '' })),
      'What becomes of objects that exist and differ?',
    );
    await restores.open({ ...old.asked, options: { ...old.asked.options, existing } });
    await restores.close(id);
  },
};

const policies = [
  { label: 'Update', detail: "They get the backup's content", existing: 'update' },
  { label: 'Skip', detail: 'They stay as they are', existing: 'skip' },
  {
    label: 'Replace',
    detail: 'As Update; what cannot be changed in place is deleted and created anew, where that is safe',
    existing: 'replace',
  },
] as const;
