import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { textDiff, throwIfCancelled, type Manifest, type TextDiff, type TextDiffOptions } from '@infrabackup/core';

/** What the worker is given. */
export interface TextDiffWork {
  readonly before: Manifest | undefined;
  readonly after: Manifest | undefined;
  readonly options: TextDiffOptions;
}

/** Below this a difference is found in a few milliseconds, and a thread for it would take longer to start. */
const smallBytes = 64 * 1024;

/** A name and its colon, or a number: what is not worth looking at one by one. */
const usualBytes = 10;

/**
 * As `textDiff`, but what may take a while is done on a thread of its own: the terminal still answers, and Ctrl-C ends
 * it at once. Throws CANCELLED.
 */
export async function textDiffAside(
  before: Manifest | undefined,
  after: Manifest | undefined,
  options: TextDiffOptions,
  signal: AbortSignal,
): Promise<TextDiff> {
  if (measure(before) + measure(after) < smallBytes) return textDiff(before, after, options);
  const work: TextDiffWork = { before, after, options };
  const name = `text-diff-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;
  const worker = new Worker(new URL(name, import.meta.url), { workerData: work });
  try {
    const [found] = (await once(worker, 'message', { signal })) as [TextDiff];
    return found;
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  } finally {
    await worker.terminate();
  }
}

/** About how many bytes its JSON has; stops counting once it is no longer small. */
function measure(value: unknown): number {
  let sizeBytes = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0 && sizeBytes < smallBytes) {
    const next = rest.pop();
    if (typeof next === 'string') sizeBytes += next.length;
    else if (typeof next === 'object' && next !== null) {
      for (const member of Object.values(next)) rest.push(member);
    }
    sizeBytes += usualBytes;
  }
  return sizeBytes;
}
