import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** Puts one file into a tar; resolves when the next one may follow. */
export type PutFile = (path: string, content: string | Buffer) => Promise<void>;

/** A gzipped tar as a stream, of the files that `putAll` puts into it, all with one time. What it throws the stream throws. */
export function packTar(modifiedAt: string, putAll: (put: PutFile) => Promise<void>): AsyncIterable<Buffer> {
  const tar = pack();
  const packed = createGzip();
  const mtime = new Date(modifiedAt);
  const put: PutFile = (name, content) =>
    new Promise((resolve, reject) => {
      tar.entry({ name, mtime, mode: 0o644 }, content, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  pipeline(tar, packed, () => undefined);
  putAll(put).then(
    () => tar.finalize(),
    (error: unknown) => packed.destroy(error as Error),
  );
  return packed as AsyncIterable<Buffer>;
}
