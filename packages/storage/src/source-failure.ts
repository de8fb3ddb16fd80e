import { chunksOf } from '@infrabackup/core';
import type { StoreBody } from '@infrabackup/core';

/** An error of a body's own stream, on its way through a driver that must not take it for the location's. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';

  constructor(cause: unknown) {
    super('the source failed', { cause });
  }
}

/** The body's chunks as of `chunksOf`; whatever it throws comes as the cause of a {@link SourceFailure}. */
export async function* sourceOf(body: StoreBody, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(body, signal);
  } catch (error) {
    throw new SourceFailure(error);
  }
}
