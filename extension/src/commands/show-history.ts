import {
  formatRef,
  historyOf,
  openBackups,
  type HistoryStep,
  type ObjectHistory,
  type ObjectRef,
} from '@infrabackup/core';
import { window, type QuickPickItem } from 'vscode';
import type { App, Command } from '../app.ts';
import { clusterTarget } from '../cluster/contribute-nodes.ts';
import type { Side } from '../documents/document-uri.ts';
import { locationWith, refOf, targetInEditor } from '../live-object.ts';
import { objectFrom, pickOne } from '../pick.ts';
import { stepText } from '../views/history-text.ts';
import { withProgress } from '../with-progress.ts';

/** One version of an object, and what it can be compared with. */
interface VersionItem extends QuickPickItem {
  readonly side: Side;
  readonly before: Side | undefined;
}

/** Shows the versions of an object over all backups of its location; each opens as a diff to the one before, or to live. */
export const showHistory: Command = {
  id: 'infrabackup.showHistory',
  async run(app, node) {
    const live =
      (await clusterTarget(app, node)) ?? (node === undefined ? targetInEditor(window.activeTextEditor) : undefined);
    if (live === undefined) {
      const { location, ref } = await objectFrom(app, node);
      await showHistoryOf(app, location, ref);
    } else {
      const ref = await refOf(app, live);
      await showHistoryOf(app, await locationWith(app, ref), ref);
    }
  },
};

async function showHistoryOf(app: App, location: string, ref: ObjectRef): Promise<void> {
  const title = `Reading the history of ${ref.name}`;
  const items = await withProgress({ title, where: 'notification' }, async (signal) => {
    const { backups } = await openBackups(
      await app.locations.open(location),
      signal,
      await app.locations.keys(location),
    );
    const { histories } = await historyOf(backups, ref, signal);
    return (await Promise.all(histories.map((history) => versionItems(history, location, ref, app)))).flat();
  });
  const { side, before } = await pickOne(items, `${formatRef(ref)}: ${items.length} versions. Compare which?`);
  const live = { label: '$(cloud) With the live one', left: undefined };
  const [left] =
    before === undefined
      ? [undefined]
      : [(await pickOne([{ label: '$(history) With the version before', left: before }, live], 'Compare it…')).left];
  if (left !== undefined) await app.documents.compare(left, side);
  else await app.documents.compare({ from: 'live', context: await app.cluster.contextName(), ref }, side);
}

async function versionItems(
  history: ObjectHistory,
  location: string,
  ref: ObjectRef,
  app: App,
): Promise<VersionItem[]> {
  const read: HistoryStep[] = [];
  for await (const step of history.steps()) read.push(step);
  const { cluster } = history;
  const sideOf = ({ span }: HistoryStep): Side => ({ from: 'backup', location, backup: span.last.name, ref });
  return read.flatMap((step, place): VersionItem[] => {
    if (step.after === undefined) return [];
    const older = read.slice(place + 1).find(({ after }) => after !== undefined);
    const { label, description } = stepText(step, app.host.clock.now());
    const detail = `in ${cluster.context ?? cluster.server}`;
    return [{ label, description, detail, side: sideOf(step), before: older && sideOf(older) }];
  });
}
