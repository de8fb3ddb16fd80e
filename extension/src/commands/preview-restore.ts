import { AppError, formatRef, typeName, type RestoreRequest } from '@infrabackup/core';
import type { App, Command } from '../app.ts';
import { clusterTarget, type ClusterTarget } from '../cluster/contribute-nodes.ts';
import { refOf } from '../live-object.ts';
import { backupFrom, backupSide, isNode, ownBackups } from '../pick.ts';
import { settings } from '../settings.ts';
import type { BackupNode, NamespaceNode, TypeNode } from '../views/backup-nodes.ts';

/** Shows what a restore would change on the live cluster: of a backup, or of one namespace, type or object in it. */
export const previewRestore: Command = {
  id: 'infrabackup.previewRestore',
  async run(app, node) {
    const { backup, request, what } = await requestFrom(app, node);
    const { parent, summary } = backup;
    await app.restores.open({
      kind: 'restore',
      backup: await app.backups.tree.opened.open(backup),
      location: { name: parent.location, uri: parent.uri },
      title: `${what === undefined ? '' : `${what} of `}${summary.name}`,
      request,
      options: { existing: settings.existing() },
    });
  },
};

interface Asked {
  readonly backup: BackupNode;
  readonly request: RestoreRequest;
  /** Undefined for all of it. */
  readonly what: string | undefined;
}

async function requestFrom(app: App, node: unknown): Promise<Asked> {
  const live = await clusterTarget(app, node);
  if (live !== undefined) return requestOfLive(app, live);
  if (isNode(node, 'object')) {
    const backup = node.parent.parent.parent;
    const { ref } = backupSide({ location: backup.parent.location, summary: backup.summary, ref: node.entry });
    return { backup, request: { objects: [ref] }, what: formatRef(ref) };
  }
  if (isNode(node, 'type')) return requestOfType(node);
  if (isNode(node, 'namespace')) return requestOfNamespace(node);
  return { backup: await backupFrom(app, node, 'Preview a restore of which backup?'), request: {}, what: undefined };
}

/** An object of the cluster, from the newest backup that has it. */
async function requestOfLive(app: App, live: ClusterTarget): Promise<Asked> {
  const ref = await refOf(app, live);
  for (const backup of await ownBackups(app)) {
    const opened = await app.backups.tree.opened.open(backup);
    if ((await opened.find(ref)) !== undefined) return { backup, request: { objects: [ref] }, what: formatRef(ref) };
  }
  throw new AppError('OBJECT_NOT_FOUND', `no backup has ${formatRef(ref)}`);
}

function requestOfType({ type, parent: { namespace, parent: backup } }: TypeNode): Asked {
  const rule = {
    includeResources: [typeName(type)],
    ...(namespace !== undefined && { includeNamespaces: [namespace] }),
  };
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return { backup, request: { selection: { rules: [rule] } }, what: `${typeName(type)}${where}` };
}

function requestOfNamespace({ namespace, parent: backup }: NamespaceNode): Asked {
  if (namespace !== undefined) {
    return { backup, request: { selection: { rules: [{ includeNamespaces: [namespace] }] } }, what: namespace };
  }
  const types = backup.summary.types.filter(({ namespaced, count }) => !namespaced && count > 0).map(typeName);
  return { backup, request: { selection: { rules: [{ includeResources: types }] } }, what: 'cluster-scoped objects' };
}
