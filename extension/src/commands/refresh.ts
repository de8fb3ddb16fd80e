import type { Command } from '../app.ts';

/** Looks into the locations, and at the cluster, anew. */
export const refresh: Command = {
  id: 'infrabackup.refresh',
  run({ backups, documents }) {
    backups.refresh();
    documents.refresh();
    return Promise.resolve();
  },
};
