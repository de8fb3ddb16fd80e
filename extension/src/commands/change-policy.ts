import type { Command } from '../app.ts';
import { pickOne } from '../pick.ts';
import type { PreviewRequest } from '../previews.ts';
import { isPreviewNode } from '../views/preview-nodes.ts';

/** Previews the same anew with another answer to what becomes of objects that stand in the way. */
export const changePolicy: Command = {
  id: 'infrabackup.changePolicy',
  async run({ restores }, node) {
    if (!isPreviewNode(node, 'preview')) return;
    const { id } = node.preview.plan;
    const old = restores.preview(id);
    if (old === undefined) return;
    await restores.open(await askPolicy(old.asked));
    await restores.close(id);
  },
};

async function askPolicy(asked: PreviewRequest): Promise<PreviewRequest> {
  if (asked.kind === 'undo') {
    const { force } = await pickOne(
      undoPolicies.map((policy) => ({ ...policy, description: policy.force === asked.force ? 'now' : '' })),
      'What becomes of objects that somebody has changed since the restore?',
    );
    return { ...asked, force };
  }
  const { existing } = await pickOne(
    policies.map((policy) => ({ ...policy, description: policy.existing === asked.options.existing ? 'now' : '' })),
    'What becomes of objects that exist and differ?',
  );
  return { ...asked, options: { ...asked.options, existing } };
}

const policies = [
  { label: 'Update', detail: "They get the backup's content", existing: 'update' },
  { label: 'Skip', detail: 'They stay as they are', existing: 'skip' },
  {
    label: 'Replace',
    detail: 'As Update; what cannot be changed in place is deleted and created anew, where that is safe',
    existing: 'replace',
  },
] as const;

const undoPolicies = [
  { label: 'Leave', detail: 'They stay as they are', force: false },
  { label: 'Undo', detail: 'They, too, become what they were before the restore', force: true },
] as const;
