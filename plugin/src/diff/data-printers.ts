import { compareManifests, formatChangePath, formatRef } from '@infrabackup/core';
import { showStructured } from '../render/structured.ts';
import type { Shell } from '../shell.ts';
import type { DiffFrame, DiffItem, DiffPrinter } from './diff-item.ts';

/** One JSON value: every object that is not the same on both sides, with what changes in it. */
export function jsonPrinter({ status }: DiffFrame, shell: Shell): DiffPrinter {
  const objects: unknown[] = [];
  return {
    add(item) {
      objects.push(dataOf(item, status));
      return Promise.resolve();
    },
    end: ({ counts, data }) => showStructured({ ...data, counts, objects }, 'json', shell),
  };
}

/** `deployments.apps/web -n shop`: the objects that differ, one a line. */
export function namePrinter(shell: Shell): DiffPrinter {
  return {
    async add({ differs, ref }) {
      if (differs && !shell.out.isClosed) await shell.out.write(`${formatRef(ref)}\n`);
    },
    end: () => Promise.resolve(),
  };
}

function dataOf(
  { verdict, ref, source, differs, before, after, crd, reason, notes }: DiffItem,
  status: boolean,
): unknown {
  const changes = before && after && compareManifests(before, after, { status, crd });
  return {
    verdict,
    ...ref,
    differs,
    ...(source !== undefined && { source }),
    ...(reason !== undefined && { reason: reason.data, message: reason.text }),
    ...(notes.length > 0 && { notes: notes.map(({ data }) => data) }),
    ...(changes !== undefined && {
      changes: changes.map((change) => ({ ...change, path: formatChangePath(change.path) })),
    }),
  };
}
