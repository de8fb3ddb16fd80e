import type { Command } from '../app.ts';
import { askText } from '../pick.ts';

/** Shows only the objects in which every typed word occurs. */
export const filterBackups: Command = {
  id: 'infrabackup.filterBackups',
  async run({ backups }) {
    const text = await askText({
      title: 'Filter Objects',
      prompt: 'Words that must occur in type/namespace/name',
      placeHolder: 'deployments shop/',
    });
    backups.setFilter(text);
  },
};
