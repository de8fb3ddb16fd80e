import { createHash } from 'node:crypto';
import type { Change } from './plan-commit.ts';

/** A blob to be: its bytes come in chunks that make up the size. */
export interface BlobBody {
  readonly sizeBytes: number;
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

/** The id of a blob, without git. Source: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
export async function blobId({ sizeBytes, chunks }: BlobBody): Promise<string> {
  const sum = createHash('sha1').update(`blob ${sizeBytes}\0`);
  for await (const chunk of chunks()) sum.update(chunk);
  return sum.digest('hex');
}

/** {@link blobId} of a text. */
export function textBlobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** What makes `git fast-import` write the blobs. Source: https://git-scm.com/docs/git-fast-import */
export async function* importOfBlobs(blobs: Iterable<BlobBody> | AsyncIterable<BlobBody>): AsyncGenerator<Buffer> {
  for await (const { sizeBytes, chunks } of blobs) {
    yield Buffer.from(`blob\ndata ${sizeBytes}\n`);
    for await (const chunk of chunks()) yield Buffer.from(chunk);
    yield Buffer.from('\n');
  }
  yield Buffer.from('done\n');
}

/** One commit to be. */
export interface CommitBody {
  /** The commit that it follows; undefined: the first one of its branch. */
  readonly parent: string | undefined;
  /** `NAME <EMAIL> SECONDS ZONE` */
  readonly committer: string;
  readonly message: string;
  readonly changes: ReadonlyMap<string, Change>;
}

/** Holds the commit that is being made, so that nothing tidies it away. */
const pendingRef = 'refs/infrabackup/pending';

/** What makes `git fast-import` write the commit and print its id. */
export async function* importOfCommit({ parent, committer, message, changes }: CommitBody): AsyncGenerator<Buffer> {
  await Promise.resolve();
  // Without a parent it would go on from what the reference has.
  const start = parent === undefined ? `reset ${pendingRef}\n\n` : '';
  const from = parent === undefined ? '' : `from ${parent}\n`;
  yield Buffer.from(`${start}commit ${pendingRef}\nmark :1\ncommitter ${committer}\n${data(message)}${from}`);
  // What goes is taken away first: a name that was a folder may be a file now.
  for (const [path, change] of changes) if (change === undefined) yield Buffer.from(`D ${quoted(path)}\n`);
  for (const [path, change] of changes) {
    if (change === undefined) continue;
    const line =
      'id' in change
        ? `M 100644 ${change.id} ${quoted(path)}\n`
        : `M 100644 inline ${quoted(path)}\n${data(change.text)}`;
    yield Buffer.from(line);
  }
  yield Buffer.from('\nget-mark :1\ndone\n');
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function quoted(path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}
