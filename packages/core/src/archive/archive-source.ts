import type { Store } from '../store/store.ts';
import { damaged } from './damaged.ts';

/** A file of a backup that is read in parts. */
export interface ArchiveSource {
  /** What it is called in messages. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes from `offset` on; fewer than `length` only where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A value of a store as a source. From a store that reads no ranges it is read once, whole, and kept. */
export function storeSource(store: Store, key: string, sizeBytes: number, signal?: AbortSignal): ArchiveSource {
  if (store.capabilities.rangedRead) {
    return { name: key, sizeBytes, read: (offset, length) => store.read(key, { offset, length }, signal) };
  }
  let whole: Promise<Buffer> | undefined;
  return {
    name: key,
    sizeBytes,
    read: async (offset, length) => {
      whole ??= store.read(key, undefined, signal);
      return (await whole).subarray(offset, offset + length);
    },
  };
}

/** A part of a source as a source of its own. */
export function partOf(source: ArchiveSource, name: string, start: number, sizeBytes: number): ArchiveSource {
  return { name, sizeBytes, read: (offset, length) => source.read(start + offset, length) };
}

/** Exactly those bytes. Throws BACKUP_DAMAGED where the file ends before. */
export async function readExactly(source: ArchiveSource, offset: number, length: number): Promise<Buffer> {
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  throw damaged(`${source.name} is cut off: it has no bytes ${offset} to ${offset + length}`);
}
