import { gzipSync } from 'node:zlib';
import { openMemoryStore, type OpenSpool, type Store } from '@infrabackup/core';
import { pack, type Header } from 'tar-stream';

/** A file of a tarball: its path, or all of its header, and its content. */
export type TarEntry = readonly [
  path: string | (Partial<Header> & { readonly name: string }),
  content?: string | undefined,
];

/** A tar of these entries. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const [path, content = ''] of entries) {
    const header = typeof path === 'string' ? { name: path } : path;
    tar.entry({ mtime: new Date('2026-11-21T08:30:00Z'), ...header }, content);
  }
  tar.finalize();
  return Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
}

/** The same, packed. */
export async function tarballOf(entries: readonly TarEntry[]): Promise<Buffer> {
  return gzipSync(await tarOf(entries));
}

/** Scratch space in memory. */
export const openMemorySpool: OpenSpool = () => {
  let bytes = Buffer.alloc(0);
  return Promise.resolve({
    append: (more: Uint8Array) => {
      const offset = bytes.length;
      bytes = Buffer.concat([bytes, more]);
      return Promise.resolve(offset);
    },
    read: (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length)),
    readInto: (offset: number, into: Buffer) => Promise.resolve(void bytes.copy(into, 0, offset, offset + into.length)),
    close: () => Promise.resolve(),
  });
};

/** A store that has these values. */
export async function storeWith(values: Readonly<Record<string, Uint8Array | string>>): Promise<Store> {
  const store = openMemoryStore();
  for (const [key, value] of Object.entries(values)) await store.create(key, Buffer.from(value));
  return store;
}

/** Bytes as a file that is read in parts. */
export function sourceOf(
  bytes: Buffer,
  name = 'x.tar.gz',
): {
  name: string;
  sizeBytes: number;
  read: (o: number, l: number) => Promise<Buffer>;
} {
  const { length: sizeBytes } = bytes;
  return { name, sizeBytes, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) };
}

/** The JSON of an object. */
export function objectText(
  apiVersion: string,
  kind: string,
  name: string,
  namespace?: string,
  more: object = {},
): string {
  return JSON.stringify({
    apiVersion,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    ...more,
  });
}
