import { mkdir, open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AppError,
  type JournalRecord,
  type OpenRun,
  type RestorePlan,
  type RunHead,
  type RunRecord,
  type RunStore,
} from '@infrabackup/core';
import { diskError, diskGuard, errnoOf } from './disk-error.ts';
import { holdLock, isLocked } from './lock-file.ts';
import { openTempFile, placeTempFile } from './temp-file.ts';

/** What the first line of a plan says of its format; a reader refuses another. */
const format = 1;

/**
 * The runs of a user in a folder of theirs, each a folder of its own: `plan.jsonl` (a head, then a line an object),
 * `journal.jsonl` (a line a record), and `lock` while a process has it open. All are readable by the user alone.
 */
export function openDiskRunStore(folder: string): RunStore {
  const pathOf = (id: string): string => {
    if (!/^[\w-]{1,64}$/.test(id)) throw notFound(id);
    return join(folder, id);
  };
  return {
    async create(head, plan) {
      const path = pathOf(head.id);
      const disk = diskGuard(`could not keep the plan of restore ${head.id} in ${folder}`);
      await disk(mkdir(folder, { recursive: true, mode: 0o700 }));
      try {
        await mkdir(path, { mode: 0o700 });
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw diskError(error, `could not make ${path}`);
        throw new AppError('RUN_EXISTS', `restore ${head.id} exists`, { refs: [head.id] });
      }
      const unlock = await holdLock(join(path, 'lock'), head.id);
      try {
        await disk(writePlan(path, head, plan));
        return await openJournal(path, head, plan, [], unlock);
      } catch (error) {
        await unlock();
        throw error;
      }
    },
    async open(id) {
      const path = pathOf(id);
      await readHead(path, id);
      const unlock = await holdLock(join(path, 'lock'), id);
      try {
        const { head, plan } = await readPlan(path, id);
        const { records, soundBytes } = await readJournal(path, id);
        // A torn last line must not run into the next one.
        await truncate(join(path, 'journal.jsonl'), soundBytes).catch(ignoreMissing);
        return await openJournal(path, head, plan, records, unlock);
      } catch (error) {
        await unlock();
        throw error;
      }
    },
    async read(id): Promise<RunRecord> {
      const path = pathOf(id);
      const { head, plan } = await readPlan(path, id);
      const { records } = await readJournal(path, id);
      return { head, plan, records, isOpen: await isLocked(join(path, 'lock')) };
    },
    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return [];
        throw error;
      });
      const heads = await Promise.all(names.map((name) => readHead(join(folder, name), name).catch(() => undefined)));
      return heads
        .filter((head) => head !== undefined)
        .sort((a, b) => (a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.id < b.id) ? 1 : -1));
    },
    async remove(id) {
      const path = pathOf(id);
      const unlock = await holdLock(join(path, 'lock'), id);
      try {
        await rm(path, { recursive: true, force: true });
      } finally {
        await unlock();
      }
    },
  };
}

async function writePlan(path: string, head: RunHead, { objects, ...rest }: RestorePlan): Promise<void> {
  const temp = await openTempFile(path);
  try {
    await temp.handle.writeFile(`${JSON.stringify({ format, head, plan: rest })}\n`);
    for (let from = 0; from < objects.length; from += 1_000) {
      const lines = objects.slice(from, from + 1_000).map((object) => `${JSON.stringify(object)}\n`);
      await temp.handle.writeFile(lines.join(''));
    }
    await temp.handle.sync();
  } finally {
    await temp.handle.close();
  }
  await placeTempFile(temp, join(path, 'plan.jsonl'));
}

/** The first line alone: a plan may be large. */
async function readHead(path: string, id: string): Promise<RunHead> {
  let handle: FileHandle;
  try {
    handle = await open(join(path, 'plan.jsonl'));
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR' ? notFound(id) : error;
  }
  try {
    for await (const line of handle.readLines({ autoClose: false })) return parseFirst(line, id).head;
    throw damaged(id, 'it is empty');
  } finally {
    await handle.close();
  }
}

async function readPlan(path: string, id: string): Promise<{ readonly head: RunHead; readonly plan: RestorePlan }> {
  const text = await readFile(join(path, 'plan.jsonl'), 'utf8').catch((error: unknown) => {
    throw errnoOf(error) === 'ENOENT' ? notFound(id) : error;
  });
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const { head, plan } = parseFirst(first, id);
  const objects = lines.map((line) => parseLine(line, id) as RestorePlan['objects'][number]);
  return { head, plan: { ...plan, objects } };
}

function parseFirst(line: string, id: string): { readonly head: RunHead; readonly plan: Omit<RestorePlan, 'objects'> } {
  const first = parseLine(line, id) as { format?: unknown; head: RunHead; plan: RestorePlan };
  if (first.format === format) return first;
  throw damaged(id, `it was written in format ${String(first.format)}, and this program reads ${format}`);
}

function parseLine(line: string, id: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw damaged(id, 'a line of it is not JSON');
  }
}

/** The records up to the first torn line, and where that begins. */
async function readJournal(
  path: string,
  id: string,
): Promise<{ readonly records: readonly JournalRecord[]; readonly soundBytes: number }> {
  const bytes = await readFile(join(path, 'journal.jsonl')).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const records: JournalRecord[] = [];
  let soundBytes = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, soundBytes)) {
    let record: JournalRecord;
    try {
      record = JSON.parse(bytes.toString('utf8', soundBytes, end)) as JournalRecord;
    } catch {
      // Only what was not synced may be torn, and that is the end.
      if (bytes.indexOf(10, end + 1) < 0) break;
      throw damaged(id, 'a line in the middle of its journal is not JSON');
    }
    records.push(record);
    soundBytes = end + 1;
  }
  return { records, soundBytes };
}

async function openJournal(
  path: string,
  head: RunHead,
  plan: RestorePlan,
  records: readonly JournalRecord[],
  unlock: () => Promise<void>,
): Promise<OpenRun> {
  const disk = diskGuard(`could not write the journal of restore ${head.id}`);
  const handle = await disk(open(join(path, 'journal.jsonl'), 'a', 0o600));
  const all = [...records];
  let pending: string[] = [];
  let flushing: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    const lines = pending;
    pending = [];
    if (lines.length === 0) return;
    await disk(handle.appendFile(lines.join('')));
    await disk(handle.datasync());
  };
  const sync = async (): Promise<void> => {
    // Whoever comes while a flush is on its way shares the next one.
    while (flushing !== undefined) await flushing.catch(() => undefined);
    flushing = flush().finally(() => (flushing = undefined));
    await flushing;
  };
  return {
    head,
    plan,
    records,
    journal: () => all,
    append: (record) => {
      all.push(record);
      pending.push(`${JSON.stringify(record)}\n`);
    },
    sync,
    async [Symbol.asyncDispose]() {
      try {
        await sync();
      } finally {
        await handle.close();
        await unlock();
      }
    },
  };
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

function notFound(id: string): AppError {
  return new AppError('RUN_NOT_FOUND', `there is no restore '${id}' on this machine`, {
    hint: 'see which there are: kubectl infrabackup restores',
    refs: [id],
  });
}

function damaged(id: string, what: string): AppError {
  return new AppError('RUN_DAMAGED', `what is kept of restore ${id} cannot be read: ${what}`, { refs: [id] });
}
