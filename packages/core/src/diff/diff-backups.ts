import type { IndexEntry } from '../archive/index-entry.ts';
import type { IndexRow } from '../archive/index-row.ts';
import type { StoredObject } from '../archive/member-reader.ts';
import type { Backup } from '../archive/open-backup.ts';
import { throwIfCancelled } from '../errors/app-error.ts';
import type { Manifest } from '../object/manifest.ts';
import { rawObject } from '../object/object-scanner.ts';
import { parseManifest } from '../object/parse-manifest.ts';
import { compareRefs, type ObjectRef } from '../object/ref.ts';
import type { StoredSelection } from '../select/select-stored.ts';
import { sameContent } from './compare-manifests.ts';
import { definitionsOf } from './definitions-of.ts';
import type { Visibility } from './hidden-fields.ts';

/** One object that is not the same in two backups. Its Secret values are as stored: see `maskSecrets`. */
export type BackupDifference = {
  readonly ref: ObjectRef;
  /** The definition of a custom resource, from the later backup where it has it: `compareManifests` asks for it. */
  readonly crd: Manifest | undefined;
} & (
  | { readonly verdict: 'added'; readonly before: undefined; readonly after: Manifest }
  | { readonly verdict: 'removed'; readonly before: Manifest; readonly after: undefined }
  | { readonly verdict: 'changed'; readonly before: Manifest; readonly after: Manifest }
);

/** What to compare of two backups, and how. */
export interface DiffBackupsOptions extends Visibility {
  /** Absent: everything. An object is compared when either backup's is selected. */
  readonly selection?: StoredSelection | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The objects in which two backups differ, in the order of backups.
 *
 * Both indexes are read side by side; an object is read only where the digests do not already say that its content is
 * the same. Memory does not grow with the backups. Throws BACKUP_DAMAGED, CANCELLED and the stores' errors.
 */
export async function* diffBackups(
  before: Backup,
  after: Backup,
  options: DiffBackupsOptions = {},
): AsyncGenerator<BackupDifference> {
  const { selection, signal } = options;
  const crds = definitionsOf(after, before);
  for await (const pairs of batched(unequalEntries(before, after, options))) {
    throwIfCancelled(signal);
    const left = before.readMany(pairs.flatMap((pair) => pair.before ?? []))[Symbol.asyncIterator]();
    const right = after.readMany(pairs.flatMap((pair) => pair.after ?? []))[Symbol.asyncIterator]();
    for (const pair of pairs) {
      const [old, fresh] = await Promise.all([pair.before && nextOf(left), pair.after && nextOf(right)]);
      const { type, namespace, name } = (pair.after ?? pair.before)!;
      if (selection?.asksLabels(type) === true && ![old, fresh].some((side) => side && isSelected(selection, side)))
        continue;
      const ref = { type, ...(namespace !== undefined && { namespace }), name };
      const [was, is] = [old && parse(old), fresh && parse(fresh)];
      const crd = await crds(type);
      if (was === undefined) yield { ref, crd, verdict: 'added', before: undefined, after: is! };
      else if (is === undefined) yield { ref, crd, verdict: 'removed', before: was, after: undefined };
      else if (!sameContent(was, is, { ...options, crd }))
        yield { ref, crd, verdict: 'changed', before: was, after: is };
    }
  }
}

/** The two entries of one object; one of them is undefined when the other backup alone has it. */
interface EntryPair {
  readonly before: IndexEntry | undefined;
  readonly after: IndexEntry | undefined;
}

/** Merges the two indexes, which have one order, and passes over what their digests say is equal. */
async function* unequalEntries(
  before: Backup,
  after: Backup,
  { selection, status = false }: DiffBackupsOptions,
): AsyncGenerator<EntryPair> {
  // Digests of content leave the status out, and are made by the rules of their table.
  const comparable = !status && before.header.contentTable === after.header.contentTable;
  const left = new RowCursor(before.rows(selection?.types));
  const right = new RowCursor(after.rows(selection?.types));
  await Promise.all([left.nextBlock(), right.nextBlock()]);
  for (;;) {
    // Blocks are waited for, rows are not: there may be a hundred thousand of them, nearly all equal.
    const a = left.row ?? (await left.nextBlock());
    const b = right.row ?? (await right.nextBlock());
    if (a === undefined && b === undefined) return;
    if (a !== undefined && b !== undefined && isEqual(a, b, comparable)) {
      left.advance();
      right.advance();
      continue;
    }
    const pair = pairOf(a?.entry(), b?.entry());
    if (pair.before !== undefined) left.advance();
    if (pair.after !== undefined) right.advance();
    if (selection?.includes((pair.after ?? pair.before)!) !== false) yield pair;
  }
}

/** Whether the rows are of one object, with equal content by their digests. */
function isEqual(a: IndexRow, b: IndexRow, comparable: boolean): boolean {
  if (a.type !== b.type) return false;
  if (a.line === b.line) return true;
  if (a.key !== b.key) return false;
  return a.stored === b.stored || (comparable && a.content !== undefined && a.content === b.content);
}

/** Both when they are one object's, else the one that comes first. */
function pairOf(before: IndexEntry | undefined, after: IndexEntry | undefined): EntryPair {
  if (before === undefined || after === undefined) return { before, after };
  const order = compareRefs(before, after);
  return { before: order <= 0 ? before : undefined, after: order >= 0 ? after : undefined };
}

/** A place in an index. */
class RowCursor {
  readonly #blocks: AsyncIterator<readonly IndexRow[]>;
  #block: readonly IndexRow[] = [];
  #at = 0;

  constructor(blocks: AsyncIterable<readonly IndexRow[]>) {
    this.#blocks = blocks[Symbol.asyncIterator]();
  }

  /** Undefined at the end of a block, and of the index. */
  get row(): IndexRow | undefined {
    return this.#block[this.#at];
  }

  advance(): void {
    this.#at += 1;
  }

  /** Goes on to the next block and gives its first row; undefined at the end of the index. */
  async nextBlock(): Promise<IndexRow | undefined> {
    const next = await this.#blocks.next();
    this.#block = next.done === true ? [] : next.value;
    this.#at = 0;
    return this.row;
  }
}

/** Pairs whose objects are read together: entries only, so a batch is small, whatever its objects are. */
const batchSize = 1_000;

async function* batched(pairs: AsyncIterable<EntryPair>): AsyncGenerator<EntryPair[]> {
  let batch: EntryPair[] = [];
  for await (const pair of pairs) {
    if (batch.push(pair) < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function nextOf(objects: AsyncIterator<StoredObject>): Promise<StoredObject> {
  const { value } = (await objects.next()) as IteratorYieldResult<StoredObject>;
  return value;
}

function isSelected(selection: StoredSelection, { entry, bytes }: StoredObject): boolean {
  return selection.matches(entry.type, rawObject(bytes));
}

function parse({ bytes }: StoredObject): Manifest {
  return parseManifest(bytes);
}
