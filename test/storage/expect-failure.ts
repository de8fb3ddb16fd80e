import { expect } from 'vitest';
import type { Store } from '@infrabackup/core';

/** Everything that can be asked of a location, with values of one part and of several. */
export function attempts(store: Store): readonly (() => Promise<unknown>)[] {
  return [
    () => store.create('k', Buffer.from('v')),
    () => store.replace('k', severalParts('a')),
    () => store.read('k'),
    () => Array.fromAsync(store.list('')),
    () => Array.fromAsync(store.listNames('')),
    () => store.remove('k'),
  ];
}

/** A stream of 10 MiB, more than one part of an upload. */
export async function* severalParts(letter: string): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 40; i++) {
    await Promise.resolve();
    yield Buffer.alloc(256 * 1024, letter);
  }
}

/** Expects an attempt to fail with a code, message and hint that are its own, and hold no secret (`hunter2`). */
export async function expectFailure(
  attempt: () => Promise<unknown>,
  code: string,
  message: RegExp,
  hint: RegExp,
): Promise<void> {
  const failure = await attempt().then(
    () => undefined,
    (error: unknown) => error as Error & { hint: string },
  );
  expect(failure).toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
  expect(JSON.stringify([failure!.message, failure!.hint])).not.toContain('hunter2');
}
