import {
  isAppError,
  listBackups,
  openBackup,
  typeName,
  type Backup,
  type IndexEntry,
  type Keyring,
  type ListedBackup,
  type Store,
} from '@infrabackup/core';
import type {
  BackupNode,
  BackupTreeNode,
  BrokenBackupNode,
  Location,
  LocationNode,
  NamespaceNode,
  TypeNode,
} from './backup-nodes.ts';
import { viewOf, type ViewOptions } from './backup-views.ts';
import type { ItemView, TreeModel } from './item-view.ts';
import type { ObjectFilter } from './object-filter.ts';

/** What the tree stands on. */
export interface BackupTreeOptions extends ViewOptions {
  /** The user's locations, the default one first. */
  readonly locations: () => Promise<readonly (Location & Pick<LocationNode, 'isBuiltIn'>)[]>;
  readonly openStore: (location: string) => Promise<Store>;
  /** What encrypted objects are opened with. */
  readonly keyring?: () => Promise<Keyring | undefined>;
  /** Undefined shows everything. */
  readonly filter: () => ObjectFilter | undefined;
  /** Told what the locations have when they have been listed, so that empty states and the status bar follow. */
  readonly onListed?: (rows: readonly BackupTreeNode[]) => void;
}

/** Objects that a type shows at first, and again for each "more". */
export const pageSize = 500;
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
  readonly #opened = new Map<string, Promise<Backup>>();
  readonly #listed = new Map<string, Promise<readonly BackupTreeNode[]>>();
  readonly #pages = new Map<string, Pager>();
  #matches = new WeakMap<BackupNode, Promise<readonly IndexEntry[]>>();

  constructor(options: BackupTreeOptions) {
    this.#options = options;
  }

  view(node: BackupTreeNode): ItemView {
    return viewOf(node, this.#options);
  }

  parent(node: BackupTreeNode): BackupTreeNode | undefined {
    return node.kind === 'location' ? undefined : node.parent;
  }

  async children(node?: BackupTreeNode): Promise<readonly BackupTreeNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#roots();
      case 'location':
        return this.#backups(node);
      case 'backup':
        return this.#namespaces(node);
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

  /** The backup of a row, open for reading. */
  async open({ parent: { location }, summary: { name, digest } }: BackupNode): Promise<Backup> {
    // The digest tells a backup from another one of the same name that took its place.
    const key = `${location}\n${digest}`;
    let opened = this.#opened.get(key);
    if (opened === undefined) {
      opened = this.#open(location, name);
      opened.catch(() => this.#opened.delete(key));
      this.#opened.set(key, opened);
    }
    return opened;
  }

  async #open(location: string, name: string): Promise<Backup> {
    const { openStore, keyring } = this.#options;
    return openBackup(await openStore(location), name, { keyring: await keyring?.() });
  }

  /** Lets the type show its next page when its children are asked for again. */
  showMore(node: TypeNode): void {
    this.#pages.get(this.view(node).id)?.extend();
  }

  /** Forgets what was read: locations are listed anew. */
  refresh(): void {
    this.#opened.clear();
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
    try {
      const store = await this.#options.openStore(parent.location);
      for await (const backup of listBackups(store)) listed.push(backup);
    } catch (error) {
      if (!isAppError(error)) throw error;
      return [{ kind: 'notice', parent, text: error.message, problem: error }];
    }
    const nodes = listed.map((backup): BackupNode | BrokenBackupNode => {
      const { name, summary, problem } = backup;
      return summary === undefined
        ? { kind: 'broken-backup', parent, name, problem }
        : { kind: 'backup', parent, summary };
    });
    if (nodes.length === 0) return [{ kind: 'notice', parent, text: 'No backups here yet', problem: undefined }];
    return nodes.sort(newestFirst);
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
    const opened = await this.open(backup);
    return opened.entries({ types: [name], ...(namespace !== undefined && { namespaces: [namespace] }) });
  }

  /** The objects of a backup that pass the filter; undefined where there is none. */
  async #matching(node: BackupNode): Promise<readonly IndexEntry[] | undefined> {
    const passes = this.#options.filter();
    if (passes === undefined) return undefined;
    let matches = this.#matches.get(node);
    if (matches === undefined) {
      matches = this.open(node).then((backup) => takeMatching(backup.entries(), passes));
      this.#matches.set(node, matches);
    }
    return matches;
  }
}

/** The first pages of a list that is read no further than it is shown. */
class Pager {
  readonly #entries: AsyncIterator<IndexEntry>;
  readonly #read: IndexEntry[] = [];
  #wanted = pageSize;
  #reading: Promise<void> = Promise.resolve();

  constructor(entries: AsyncIterable<IndexEntry>) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  extend(): void {
    this.#wanted += pageSize;
  }

  async shown(): Promise<readonly IndexEntry[]> {
    this.#reading = this.#reading.then(() => this.#fill());
    await this.#reading;
    return this.#read;
  }

  async #fill(): Promise<void> {
    while (this.#read.length < this.#wanted) {
      const next = await this.#entries.next();
      if (next.done === true) return;
      this.#read.push(next.value);
    }
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
function newestFirst(a: BackupNode | BrokenBackupNode, b: BackupNode | BrokenBackupNode): number {
  const takenAt = (node: typeof a): string => (node.kind === 'backup' ? node.summary.startedAt : '9');
  return takenAt(a) < takenAt(b) ? 1 : takenAt(a) > takenAt(b) ? -1 : 0;
}
