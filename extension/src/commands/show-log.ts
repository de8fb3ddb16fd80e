import type { Command } from '../app.ts';

/** Shows what the extension has done. */
export const showLog: Command = {
  id: 'infrabackup.showLog',
  run({ log }) {
    log.show();
    return Promise.resolve();
  },
};
