import { AppError, backupsPrefix, isAppError } from '@infrabackup/core';
import type { Store } from '@infrabackup/core';

/** One thing that was tried in a location. */
export interface LocationCheck {
  readonly step: (typeof steps)[number]['step'];
  /** What the step proves, for people. */
  readonly proves: string;
  /** `absent`: the location does not claim to do it, and works without. */
  readonly outcome: 'done' | 'absent' | 'failed';
  /** Why it failed. */
  readonly problem?: AppError;
}

const steps = [
  { step: 'write', proves: 'a value can be written' },
  { step: 'read', proves: 'it reads back as it was written' },
  { step: 'read-part', proves: 'a part can be read without the rest' },
  { step: 'create-once', proves: 'of two writers of one name one is refused' },
  { step: 'list', proves: 'it is listed' },
  { step: 'remove', proves: 'it can be removed' },
] as const;

const content = Buffer.from('infrabackup wrote this to check the location, and removes it again\n');

/**
 * Tries out everything that backups need of a location, with a probe beside the backups, which no listing of backups
 * shows; yields each step as it is done.
 *
 * A failure is data. After one that leaves nothing to go on with the rest is left out; the probe is removed however the
 * check ends, where that is possible. `probeId` is random.
 */
export async function* checkLocation(
  store: Store,
  probeId: string,
  signal?: AbortSignal,
): AsyncGenerator<LocationCheck> {
  const key = `${backupsPrefix}probe_${probeId}`;
  const work: Readonly<Record<LocationCheck['step'], () => Promise<void>>> = {
    write: () => store.create(key, content, signal),
    read: async () => {
      expectBytes(await store.read(key, undefined, signal), content);
    },
    'read-part': async () => {
      expectBytes(await store.read(key, { offset: 12, length: 5 }, signal), content.subarray(12, 17));
    },
    'create-once': () => expectRefused(store, key, signal),
    list: async () => {
      for await (const entry of store.list(backupsPrefix, signal)) if (entry.key === key) return;
      throw new AppError('STORE_UNAVAILABLE', `${store.uri} does not list what was just written to it`);
    },
    remove: async () => {
      await store.remove(key, signal);
      if ((await store.stat(key, signal)) === undefined) return;
      throw new AppError('STORE_UNAVAILABLE', `${store.uri} still has what was just removed from it`);
    },
  };
  try {
    for (const row of steps) {
      // Asked anew each time: some stores know only after the first write.
      if (!isClaimed(store, row.step)) {
        yield { ...row, outcome: 'absent' };
        continue;
      }
      const problem = await problemOf(work[row.step]);
      if (problem === undefined) yield { ...row, outcome: 'done' };
      else yield { ...row, outcome: 'failed', problem };
      if (row.step === 'write' && problem !== undefined) return;
    }
  } finally {
    await store.remove(key).catch(() => undefined);
  }
}

function isClaimed({ capabilities }: Store, step: LocationCheck['step']): boolean {
  if (step === 'read-part') return capabilities.rangedRead;
  return step !== 'create-once' || capabilities.conditionalCreate;
}

async function problemOf(run: () => Promise<void>): Promise<AppError | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (isAppError(error) && error.code !== 'CANCELLED') return error;
    throw error;
  }
}

function expectBytes(found: Buffer, expected: Buffer): void {
  if (found.equals(expected)) return;
  throw new AppError('STORE_UNAVAILABLE', `a value of ${expected.length} bytes read back as ${found.length} others`);
}

async function expectRefused(store: Store, key: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.create(key, content, signal);
  } catch (error) {
    if (isAppError(error, 'STORE_EXISTS')) return;
    throw error;
  }
  throw new AppError('STORE_UNAVAILABLE', `${store.uri} took a second value for a key that was to be created once`, {
    hint: 'it ignores conditional writes: let one process at a time write there',
  });
}
