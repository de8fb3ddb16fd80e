import type { Command } from '../app.ts';

/** Looks into the locations, and at the cluster, anew. */
export const refresh: Command = {
  id: 'infrabackup.refresh',
  run({ backups, restores, documents }) {
    backups.refresh();
    restores.refresh();
    documents.refresh();
    return Promise.resolve();
  },
};
