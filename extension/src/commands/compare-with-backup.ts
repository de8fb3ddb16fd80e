import type { Command } from '../app.ts';
import { allBackups, backupFrom, backupItems, backupSide, objectFrom, pickOne } from '../pick.ts';
import { nameOf } from '../views/backup-nodes.ts';

/** Opens the comparison of an object in two backups, the older one left. */
export const compareWithBackup: Command = {
  id: 'infrabackup.compareWithBackup',
  async run(app, node) {
    const object = await objectFrom(app, node);
    const others = (await allBackups(app)).filter(
      (other) => other.parent.location !== object.location || nameOf(other) !== object.summary.name,
    );
    const question = `Compare ${object.ref.name} of ${object.summary.name} with which backup?`;
    const { backup } = await pickOne(backupItems(app, others), question);
    const { parent, summary } = await backupFrom(app, backup);
    const other = { location: parent.location, summary, ref: object.ref };
    const [older, newer] = summary.startedAt < object.summary.startedAt ? [other, object] : [object, other];
    await app.documents.compare(backupSide(older), backupSide(newer));
  },
};
