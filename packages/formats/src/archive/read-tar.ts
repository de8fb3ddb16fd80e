import { createGunzip } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { isAppError } from '@infrabackup/core';
import { extract, type Header } from 'tar-stream';
import { unreadable } from './unreadable.ts';

/** A file out of a tarball. */
export interface TarFile {
  /** Relative, of plain steps: no `.`, no `..`, not empty. */
  readonly path: string;
  readonly bytes: Buffer;
  /** When it was put in, in ms since 1970; undefined where the tar does not say. */
  readonly modifiedMs: number | undefined;
}

/** How a tarball is read. */
export interface ReadTarOptions {
  /** What it is called in messages. */
  readonly name: string;
  /** Its length, packed, in bytes: it may unpack to so much only. */
  readonly sizeBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** The longest file: that of the longest object, see `objectLimitBytes` of core. */
const fileLimitBytes = 1 << 26;
/** JSON of like objects shrinks to a fiftieth; more than four times that is made to burst. */
const unpackFactor = 200;
const unpackLeastBytes = 1 << 28;
/** What each tar ends with: two blocks of zeros. */
const endBytes = 1024;

/**
 * The files of a gzipped tarball, one by one, in its order; nothing is ever written to a disk.
 *
 * Throws BACKUP_DAMAGED for what no backup holds, whoever made it: links and devices, paths that lead elsewhere, a file
 * beyond all objects, more than it can have been packed from; and for what is cut off or changed.
 */
export async function* readTar(packed: AsyncIterable<Uint8Array>, options: ReadTarOptions): AsyncGenerator<TarFile> {
  const { name, signal } = options;
  const files = extract();
  let failure: unknown;
  pipeline(
    Readable.from(packed),
    createGunzip(),
    (gunzipped) => counted(gunzipped, options),
    files,
    (error) => {
      failure ??= error ?? undefined;
    },
  );
  try {
    for await (const entry of files) {
      signal?.throwIfAborted();
      const path = checkedPath(entry.header, name);
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      if (path === undefined) continue;
      const bytes = Buffer.concat(chunks);
      yield { path, bytes, modifiedMs: entry.header.mtime.getTime() };
    }
  } catch (error) {
    const cause = isAppError(error) || signal?.aborted === true ? error : (failure ?? error);
    if (isAppError(cause) || signal?.aborted === true) throw cause;
    throw unreadable(name, `it is cut off, or changed, or no gzipped tarball (${(cause as Error).message})`);
  } finally {
    files.destroy();
  }
}

/** The same bytes, as long as they are not too many and end as a tar does. */
async function* counted(
  unpacked: AsyncIterable<unknown>,
  { name, sizeBytes }: ReadTarOptions,
): AsyncGenerator<Uint8Array> {
  const limit = Math.max(sizeBytes * unpackFactor, unpackLeastBytes);
  let total = 0;
  let end: Buffer = Buffer.alloc(0);
  for await (const chunk of unpacked as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > limit)
      throw unreadable(name, `it unpacks to more than ${limit} bytes, which no backup of its size does`);
    end = chunk.length >= endBytes ? chunk.subarray(-endBytes) : Buffer.concat([end, chunk]).subarray(-endBytes);
    yield chunk;
  }
  if (end.length < endBytes || end.some((byte) => byte !== 0))
    throw unreadable(name, 'its end is missing: it is cut off');
}

/** The path of a file; undefined for a folder. */
function checkedPath({ name, type, size }: Header, archive: string): string | undefined {
  const shown = JSON.stringify(name.slice(0, 200));
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
    throw unreadable(archive, `it holds ${shown}, which is a ${type} and no file`);
  }
  const steps = name
    .replace(/^(\.\/)+/, '')
    .replace(/\/$/, '')
    .split('/');
  const isPlain = steps.every((step) => step !== '' && step !== '.' && step !== '..' && !step.includes('\0'));
  if (!isPlain && !(type === 'directory' && /^\.?\/?$/.test(name))) {
    throw unreadable(archive, `it holds ${shown}, a path that leads out of it`);
  }
  if (size > fileLimitBytes) throw unreadable(archive, `it holds ${shown} of ${size} bytes, more than any object has`);
  return type === 'directory' ? undefined : steps.join('/');
}
