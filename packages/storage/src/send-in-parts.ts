import { eitherSignal, throwIfCancelled, type StoreBody } from '@infrabackup/core';
import { cutParts } from './cut-parts.ts';
import { sourceOf } from './source-failure.ts';

/** Where the parts of one value go. */
export interface PartSink {
  /** Takes a value that is one part. */
  whole(bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** Takes one part of several; up to three at a time. */
  part(partNumber: number, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** Makes one value of the parts 1 to `count`. Is not cancelled: nobody would know whether the value is there. */
  finish(count: number): Promise<void>;
  /** Removes what was sent. Called when no part is under way any more. */
  giveUp(): Promise<void>;
}

/** Parts that are on their way at a time: with the one being filled, what an upload holds in memory. */
const partsAtOnce = 3;

/**
 * Parts double every 2,000, since stores take 10,000 or 50,000 at most: half a terabyte in all, and a small backup costs
 * little memory. Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html,
 * https://learn.microsoft.com/azure/storage/blobs/scalability-targets
 */
function partBytes(partNumber: number): number {
  return 2 ** (23 + Math.floor((partNumber - 1) / 2_000));
}

/**
 * Sends a stream part by part, in bounded memory; a part that fails ends it at once, also while the stream is silent. Where
 * it fails or is cancelled the sink is told to give up first.
 */
export async function sendInParts(body: StoreBody, sink: PartSink, signal: AbortSignal | undefined): Promise<void> {
  const stop = new AbortController();
  const stopped = eitherSignal(signal, stop.signal);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    let count = 0;
    for await (const { partNumber, bytes, isLast } of cutParts(sourceOf(body, stopped), partBytes)) {
      if (isLast && partNumber === 1) {
        await sink.whole(bytes, stopped);
        return;
      }
      const sending = sink.part(partNumber, bytes, stopped);
      running.add(sending);
      sending.then(
        () => running.delete(sending),
        (error: unknown) => {
          failure ??= { error };
          stop.abort();
        },
      );
      if (running.size === partsAtOnce) await Promise.race(running);
      count = partNumber;
    }
    await Promise.all(running);
    throwIfCancelled(signal);
    await sink.finish(count);
  } catch (error) {
    const first = failure === undefined ? error : failure.error;
    stop.abort();
    // A part that arrives after the upload was given up would stay.
    await Promise.allSettled(running);
    await sink.giveUp().catch(() => undefined);
    throw first;
  }
}
