import { isAppError, listBackups, typeName, type IndexEntry, type ListedBackup, type Store } from '@infrabackup/core';
import type { ListedForeign } from '@infrabackup/formats';
import {
  takenAtOf,
  type BackupNode,
  type BackupTreeNode,
  type BrokenBackupNode,
  type Location,
  type LocationNode,
  type NamespaceNode,
  type OtherBackupNode,
  type TypeNode,
  type WholeBackupNode,
} from './backup-nodes.ts';
import { viewOf, type ViewOptions } from './backup-views.ts';
import type { ItemView, TreeModel } from './item-view.ts';
import type { ObjectFilter } from './object-filter.ts';
import { OpenedBackups, type OpenByName } from './opened-backups.ts';
import { Pager } from './pager.ts';

/** What the tree stands on. */
export interface BackupTreeOptions extends ViewOptions {
  /** The user's locations, the default one first. */
  readonly locations: () => Promise<readonly (Location & Pick<LocationNode, 'isBuiltIn'>)[]>;
  readonly openStore: (location: string) => Promise<Store>;
  /** The backups of other tools in it; `folders` are those that no backup of ours has. */
  readonly listOthers: (store: Store, folders: readonly string[]) => Promise<readonly ListedForeign[]>;
  /** Opens a backup of a location by its name, with the keys to it; also one of another tool. */
  readonly openBackup: OpenByName;
  /** Undefined shows everything. */
  readonly filter: () => ObjectFilter | undefined;
  /** Told what the locations have when they have been listed, so that empty states and the status bar follow. */
  readonly onListed?: (rows: readonly BackupTreeNode[]) => void;
}

/** Where a filter stops looking: nobody reads further, and the rows stay in memory. */
const filterLimit = 5_000;

/**
 * Locations, backups, namespaces, types and objects; each level is read when it is opened.
 *
 * Down to the types everything comes from the summary, which listing has read. Objects come from the blocks of the
 * index that hold their page: a type of 100,000 objects costs what its first 500 do.
 */
export class BackupTree implements TreeModel<BackupTreeNode> {
  readonly #options: BackupTreeOptions;
  /** What is read of backups. */
  readonly opened: OpenedBackups;
  readonly #listed = new Map<string, Promise<readonly BackupTreeNode[]>>();
  readonly #pages = new Map<string, Pager>();
  #matches = new WeakMap<BackupNode, Promise<readonly IndexEntry[]>>();

  constructor(options: BackupTreeOptions) {
    this.#options = options;
    this.opened = new OpenedBackups(options.openBackup);
  }

  view(node: BackupTreeNode): ItemView {
    return viewOf(node, this.#options);
  }

  parent(node: BackupTreeNode): BackupTreeNode | undefined {
    if (node.kind === 'location') return undefined;
    return (node.parent.kind === 'backup' ? node.parent.openedFrom : undefined) ?? node.parent;
  }

  async children(node?: BackupTreeNode): Promise<readonly BackupTreeNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#roots();
      case 'location':
        return this.#backups(node);
      case 'backup':
        return this.#namespaces(node);
      case 'other-backup':
        return this.#ofOther(node);
      case 'namespace':
        return this.#types(node);
      case 'type':
        return this.#objects(node);
      case 'broken-backup':
      case 'object':
      case 'more':
      case 'notice':
        return [];
    }
  }

  /** The places that are looked into, whether they have backups or not. */
  async locations(): Promise<readonly LocationNode[]> {
    return (await this.#options.locations()).map(({ name, uri, isBuiltIn }) => {
      return { kind: 'location', location: name, uri, isBuiltIn };
    });
  }

  /** Lets the type show its next page when its children are asked for again. */
  showMore(node: TypeNode): void {
    this.#pages.get(this.view(node).id)?.extend();
  }

  /** Forgets what was read: locations are listed anew. */
  refresh(): void {
    this.opened.forget();
    this.#listed.clear();
    this.applyFilter();
  }

  /** Forgets what the filter let through; what was read of backups stays. */
  applyFilter(): void {
    this.#pages.clear();
    this.#matches = new WeakMap();
  }

  /** No row at all where no location has anything to show: the view then says what to do. */
  async #roots(): Promise<readonly LocationNode[]> {
    const locations = await this.locations();
    const children = await Promise.all(locations.map((location) => this.#backups(location)));
    this.#options.onListed?.(children.flat());
    const isEmpty = children.every((rows) => rows.every((row) => row.kind === 'notice' && row.problem === undefined));
    return isEmpty ? [] : locations;
  }

  #backups(parent: LocationNode): Promise<readonly BackupTreeNode[]> {
    let listed = this.#listed.get(parent.location);
    if (listed === undefined) {
      listed = this.#list(parent);
      this.#listed.set(parent.location, listed);
    }
    return listed;
  }

  async #list(parent: LocationNode): Promise<readonly BackupTreeNode[]> {
    const listed: ListedBackup[] = [];
    let others: readonly ListedForeign[];
    try {
      const store = await this.#options.openStore(parent.location);
      const folders: string[] = [];
      for await (const backup of listBackups(store, undefined, folders)) listed.push(backup);
      others = await this.#options.listOthers(store, folders);
    } catch (error) {
      if (!isAppError(error)) throw error;
      return [{ kind: 'notice', parent, text: error.message, problem: error }];
    }
    const own = listed.map((backup): BackupNode | BrokenBackupNode => {
      const { name, summary, problem } = backup;
      return summary === undefined
        ? { kind: 'broken-backup', parent, name, problem }
        : { kind: 'backup', parent, summary };
    });
    const nodes = [
      ...own,
      ...others.map((other): OtherBackupNode => ({ kind: 'other-backup', parent, listed: other })),
    ];
    if (nodes.length === 0) return [{ kind: 'notice', parent, text: 'No backups here yet', problem: undefined }];
    return nodes.sort(newestFirst);
  }

  async #ofOther(node: OtherBackupNode): Promise<readonly BackupTreeNode[]> {
    let adopted: BackupNode;
    try {
      adopted = await this.opened.adopt(node);
    } catch (error) {
      if (!isAppError(error)) throw error;
      return [{ kind: 'notice', parent: node, text: error.message, problem: error }];
    }
    return this.#namespaces(adopted);
  }

  async #namespaces(parent: BackupNode): Promise<readonly BackupTreeNode[]> {
    const counts = new Map<string | undefined, number>();
    const add = (namespace: string | undefined, count: number): void => {
      counts.set(namespace, (counts.get(namespace) ?? 0) + count);
    };
    const matches = await this.#matching(parent);
    if (matches !== undefined) for (const entry of matches) add(entry.namespace, 1);
    else {
      for (const type of parent.summary.types) {
        if (!type.namespaced) add(undefined, type.count);
        else for (const [namespace, count] of Object.entries(type.namespaces)) add(namespace, count);
      }
    }
    const nodes = [...counts]
      .filter(([, count]) => count > 0)
      .map(([namespace, count]): NamespaceNode => ({ kind: 'namespace', parent, namespace, count }));
    if (nodes.length === 0) {
      const text = matches === undefined ? 'This backup has no objects' : 'Nothing here passes the filter';
      return [{ kind: 'notice', parent, text, problem: undefined }];
    }
    const sortKey = ({ namespace }: NamespaceNode): string => namespace ?? '';
    return nodes.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }

  async #types(parent: NamespaceNode): Promise<readonly TypeNode[]> {
    const { namespace } = parent;
    const matches = await this.#matching(parent.parent);
    const nodes = parent.parent.summary.types.map((type): TypeNode => {
      const stored = namespace === undefined ? (type.namespaced ? 0 : type.count) : (type.namespaces[namespace] ?? 0);
      const name = typeName(type);
      const count = matches?.filter((entry) => entry.type === name && entry.namespace === namespace).length ?? stored;
      return { kind: 'type', parent, type, count };
    });
    return nodes.filter(({ count }) => count > 0).sort((a, b) => (a.type.kind < b.type.kind ? -1 : 1));
  }

  async #objects(parent: TypeNode): Promise<readonly BackupTreeNode[]> {
    const { id } = this.view(parent);
    let pager = this.#pages.get(id);
    if (pager === undefined) {
      pager = new Pager(await this.#entriesOf(parent));
      this.#pages.set(id, pager);
    }
    const entries = await pager.shown();
    const objects = entries.map((entry): BackupTreeNode => ({ kind: 'object', parent, entry }));
    const remaining = parent.count - entries.length;
    return remaining > 0 ? [...objects, { kind: 'more', parent, remaining }] : objects;
  }

  async #entriesOf({ type, parent: { namespace, parent: backup } }: TypeNode): Promise<AsyncIterable<IndexEntry>> {
    const name = typeName(type);
    const matches = await this.#matching(backup);
    if (matches !== undefined) {
      return asyncOf(matches.filter((entry) => entry.type === name && entry.namespace === namespace));
    }
    const opened = await this.opened.open(backup);
    return opened.entries({ types: [name], ...(namespace !== undefined && { namespaces: [namespace] }) });
  }

  /** The objects of a backup that pass the filter; undefined where there is none. */
  async #matching(node: BackupNode): Promise<readonly IndexEntry[] | undefined> {
    const passes = this.#options.filter();
    if (passes === undefined) return undefined;
    let matches = this.#matches.get(node);
    if (matches === undefined) {
      matches = this.opened.open(node).then((backup) => takeMatching(backup.entries(), passes));
      this.#matches.set(node, matches);
    }
    return matches;
  }
}

async function takeMatching(entries: AsyncIterable<IndexEntry>, passes: ObjectFilter): Promise<IndexEntry[]> {
  const matches: IndexEntry[] = [];
  for await (const entry of entries) {
    if (passes(entry)) matches.push(entry);
    if (matches.length === filterLimit) break;
  }
  return matches;
}

async function* asyncOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

/** By when they were taken; what cannot tell stands first, to be seen. */
function newestFirst(a: WholeBackupNode | BrokenBackupNode, b: WholeBackupNode | BrokenBackupNode): number {
  const takenAt = (node: typeof a): string => (node.kind === 'broken-backup' ? '9' : takenAtOf(node));
  return takenAt(a) < takenAt(b) ? 1 : takenAt(a) > takenAt(b) ? -1 : 0;
}
