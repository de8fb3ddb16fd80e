import type { Command } from '../app.ts';

/** Shows all objects again. */
export const clearFilter: Command = {
  id: 'infrabackup.clearFilter',
  run({ backups }) {
    backups.setFilter('');
    return Promise.resolve();
  },
};
