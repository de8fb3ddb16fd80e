import type { IndexEntry } from '../../archive/index-entry.ts';
import type { ListBatch } from '../../cluster/reader.ts';
import type { RawObject } from '../../object/raw-object.ts';
import { compareRefs, type ObjectRef } from '../../object/ref.ts';
import type { TypeName } from '../../object/resource-type.ts';

/** An entry of the backup, and where its object goes. */
export interface TargetEntry {
  readonly entry: IndexEntry;
  readonly target: ObjectRef;
}

/** One object that is in the backup, live, or both. */
export interface Joined {
  readonly ref: ObjectRef;
  /** Undefined when it is live only. */
  readonly backup: TargetEntry | undefined;
  /** Undefined when it is in the backup only. A window: valid until the next one is asked for. */
  readonly live: RawObject | undefined;
}

/** What a list threw out of order: the types of some aggregated APIs come in an order of their own. */
export class UnorderedList extends Error {}

/**
 * Goes through the entries of one type and its live objects side by side, once and in order. Both sides must be in the
 * order of backups; throws {@link UnorderedList} when the live one is not.
 */
export async function* joinLive(
  type: TypeName,
  entries: AsyncIterable<TargetEntry> | Iterable<TargetEntry>,
  batches: AsyncIterable<ListBatch>,
): AsyncGenerator<Joined> {
  const backup = iterate(entries);
  try {
    let next = await backup.next();
    let last: ObjectRef | undefined;
    for await (const { objects } of batches) {
      for (const live of objects) {
        const ref: ObjectRef = { type, namespace: live.namespace, name: live.name };
        if (last !== undefined && compareRefs(last, ref) >= 0) throw new UnorderedList();
        last = ref;
        let order = next.done === true ? 1 : compareRefs(next.value.target, ref);
        while (order < 0) {
          const entry = next.value as TargetEntry;
          yield { ref: entry.target, backup: entry, live: undefined };
          next = await backup.next();
          order = next.done === true ? 1 : compareRefs(next.value.target, ref);
        }
        if (order > 0) {
          yield { ref, backup: undefined, live };
          continue;
        }
        yield { ref, backup: next.value as TargetEntry, live };
        next = await backup.next();
      }
    }
    for (; next.done !== true; next = await backup.next()) {
      yield { ref: next.value.target, backup: next.value, live: undefined };
    }
  } finally {
    await backup.return?.();
  }
}

function iterate<T>(items: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> {
  if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]();
  const iterator = items[Symbol.iterator]();
  return { next: () => Promise.resolve(iterator.next()) };
}
