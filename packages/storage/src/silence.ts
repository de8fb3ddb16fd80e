import type { Readable } from 'node:stream';
import { eitherSignal } from '@infrabackup/core';

/** A server said nothing for too long. Its code is the one of connections for which the system says so. */
export class SilentServerError extends Error {
  override readonly name = 'SilentServerError';
  readonly code = 'ETIMEDOUT';

  constructor(silentMs: number) {
    super(`no answer for ${silentMs / 1000} s`);
  }
}

/** What a request is made with, so that its server's silence can end it. */
export interface HeardRequest {
  readonly abortSignal: AbortSignal;
  /** To be called when the server took or gave some bytes. */
  readonly onProgress: () => void;
}

/**
 * Makes a request that ends with a SilentServerError once nothing was heard for so long: for clients that would wait
 * for ever. Its own errors, and those of `signal`, stay what they are.
 */
export async function whileHeard<T>(
  silentMs: number,
  signal: AbortSignal | undefined,
  request: (heard: HeardRequest) => Promise<T>,
): Promise<T> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMs);
  try {
    return await request({
      abortSignal: eitherSignal(signal, silence.signal),
      onProgress: () => void timer.refresh(),
    });
  } catch (error) {
    if (silence.signal.aborted && signal?.aborted !== true) throw new SilentServerError(silentMs);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The chunks of an answer, each of which comes in time, or a SilentServerError; how long they are used is not counted. */
export async function* heardChunks(silentMs: number, answer: Readable): AsyncGenerator {
  const chunks = answer[Symbol.asyncIterator]();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new SilentServerError(silentMs)), silentMs);
      });
      const next = await Promise.race([chunks.next(), silence]).finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Its iterator would wait for the chunk that does not come.
    answer.destroy();
  }
}
