import type { Command } from '../app.ts';
import { backupSide, objectFrom } from '../pick.ts';

/** Opens the comparison of an object as it is live, left, with the one of a backup. */
export const compareWithLive: Command = {
  id: 'infrabackup.compareWithLive',
  async run(app, node) {
    const object = await objectFrom(app, node);
    const right = backupSide(object);
    await app.documents.compare({ from: 'live', context: await app.cluster.contextName(), ref: right.ref }, right);
  },
};
