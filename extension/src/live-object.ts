import { AppError, formatRef, openBackups, resolveType, typeName, type ObjectRef } from '@infrabackup/core';
import { loadAll } from 'js-yaml';
import type * as vscode from 'vscode';
import type { App } from './app.ts';
import type { ClusterTarget } from './cluster/contribute-nodes.ts';

/** The object that a YAML editor shows: its first document that has a kind and a name; undefined where none has. */
export function targetInEditor(editor: vscode.TextEditor | undefined): ClusterTarget | undefined {
  if (editor === undefined || !['yaml', 'json'].includes(editor.document.languageId)) return undefined;
  let documents: unknown[];
  try {
    documents = loadAll(editor.document.getText());
  } catch {
    // Somebody is typing in it: it names no object yet.
    return undefined;
  }
  for (const document of documents) {
    const { kind, metadata } = (document ?? {}) as {
      kind?: unknown;
      metadata?: { name?: unknown; namespace?: unknown };
    };
    if (typeof kind !== 'string' || typeof metadata?.name !== 'string') continue;
    const { name, namespace } = metadata;
    return { kind, name, namespace: typeof namespace === 'string' ? namespace : undefined };
  }
  return undefined;
}

/** How a live object is called, by what the cluster serves. Throws TYPE_UNKNOWN. */
export async function refOf(app: App, { kind, namespace, name }: ClusterTarget): Promise<ObjectRef> {
  const { types } = await (await app.cluster.open()).discovery();
  const type = resolveType(kind, types, 'the cluster');
  return { type: typeName(type), ...(type.namespaced && { namespace: namespace ?? 'default' }), name };
}

/** The first location, in their order, of which a backup has the object. Throws OBJECT_NOT_FOUND. */
export async function locationWith(app: App, ref: ObjectRef): Promise<string> {
  for (const { name } of await app.locations.list()) {
    const { backups } = await openBackups(await app.locations.open(name));
    for (const backup of backups) if ((await backup.find(ref)) !== undefined) return name;
  }
  throw new AppError('OBJECT_NOT_FOUND', `no backup has ${formatRef(ref)}`, {
    hint: "back it up by the command 'Infrabackup: Create Backup'",
  });
}
