import type { Command } from '../app.ts';
import { allBackups, backupSide, objectFrom, pickOne } from '../pick.ts';
import { formatWhen } from '../views/quantity.ts';

/** Opens the comparison of an object in two backups, the older one left. */
export const compareWithBackup: Command = {
  id: 'infrabackup.compareWithBackup',
  async run(app, node) {
    const object = await objectFrom(app, node);
    const now = app.host.clock.now();
    const others = (await allBackups(app)).filter(({ summary }) => summary.digest !== object.summary.digest);
    const items = others.map(({ parent, summary }) => {
      const other = { location: parent.location, summary, ref: object.ref };
      return { label: summary.name, description: formatWhen(summary.startedAt, now), detail: parent.location, other };
    });
    const { other } = await pickOne(items, `Compare ${object.ref.name} of ${object.summary.name} with which backup?`);
    const [older, newer] = other.summary.startedAt < object.summary.startedAt ? [other, object] : [object, other];
    await app.documents.compare(backupSide(older), backupSide(newer));
  },
};
