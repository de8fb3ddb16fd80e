import { throwIfCancelled } from '@infrabackup/core';
import { pauseBeforeRetry } from './pause-before-retry.ts';

/** The answer to a request for a value, or the rest of one. */
export interface Download {
  readonly body: AsyncIterable<unknown>;
  /** What tells this value from a later one under its key; where there is none nothing is taken up again. */
  readonly version: string | undefined;
}

/** Asks for the bytes from `position` on, of that version where one is given; undefined where the value ends before. */
export type BeginDownload = (position: number, version: string | undefined) => Promise<Download | undefined>;

/** Times that a download is taken up again where it broke off, beside the client's own attempts at each request. */
const maxResumes = 5;

/**
 * A value, or a part of it, taken up where the connection broke off, as long as it is the same value.
 * `isBroken` says of an error whether the connection failed, and not the server or the request.
 */
export async function* readResumed(
  begin: BeginDownload,
  { offset, length = Infinity }: { readonly offset: number; readonly length: number | undefined },
  isBroken: (error: unknown) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  let position = offset;
  let version: string | undefined;
  for (let resumes = 0; ; resumes++) {
    throwIfCancelled(signal);
    // It may break off behind its last byte.
    if (position >= offset + length) return;
    try {
      const download = await begin(position, version);
      if (download === undefined) return;
      version = download.version;
      for await (const chunk of download.body as AsyncIterable<Buffer>) {
        throwIfCancelled(signal);
        position += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      const mayResume = version !== undefined && signal?.aborted !== true && isBroken(error);
      if (!mayResume || resumes === maxResumes) throw error;
      await pauseBeforeRetry(resumes, signal);
    }
  }
}
