import type { BackupEvent, Clock, PlanEvent, TypeName } from '@infrabackup/core';
import type { Sink } from '../shell.ts';
import { formatBytes, formatNumber } from './quantity.ts';

/** A terminal shows ten states a second at most; more nobody reads. */
const intervalMs = 100;

/** One line of a terminal that is written over and over. */
export interface OverwrittenLine {
  /** Shows a text in place of the last; where there is no terminal, or the last one is too young, it is not even made. */
  show(text: () => string): void;
  /** Call it before anything else is printed, and at the end. */
  clear(): void;
}

/** A line on the stream, which is quiet where that is no terminal. */
export function overwrittenLine(sink: Sink, clock: Clock): OverwrittenLine {
  let shownMs = -Infinity;
  let isShown = false;
  return {
    show(text) {
      const nowMs = clock.now();
      if (!sink.isTerminal || nowMs - shownMs < intervalMs) return;
      [shownMs, isShown] = [nowMs, true];
      void sink.write(`\r\u001b[K${text().slice(0, Math.max(0, (sink.columns ?? 80) - 1))}`);
    },
    clear() {
      if (isShown) void sink.write('\r\u001b[K');
      isShown = false;
    },
  };
}

/** Shows how far a backup is: types, objects, bytes and rate. */
export function backupProgress(line: OverwrittenLine, clock: Clock): (event: BackupEvent) => void {
  const read = new Map<TypeName, { readonly objects: number; readonly sizeBytes: number }>();
  const startedMs = clock.now();
  let [types, done] = [0, 0];
  return (event) => {
    switch (event.kind) {
      case 'planned':
        types = event.types;
        break;
      case 'restarted':
        read.clear();
        done = 0;
        break;
      case 'type-done':
        done++;
        read.set(event.type, event);
        break;
      case 'progress':
        read.set(event.type, event);
        break;
      case 'writing':
        line.show(() => `writing ${formatBytes(event.sizeBytes)}`);
        return;
      case 'shortfall':
      case 'warning':
        return;
    }
    line.show(() => {
      const objects = sum(read.values(), 'objects');
      const rate = Math.round((objects * 1_000) / Math.max(100, clock.now() - startedMs));
      const size = formatBytes(sum(read.values(), 'sizeBytes'));
      return `types ${done}/${types}  objects ${formatNumber(objects)}  ${size}  ${formatNumber(rate)}/s`;
    });
  };
}

/** Shows how far the plan of a restore is. */
export function planProgress(line: OverwrittenLine): (event: PlanEvent) => void {
  return (event) =>
    line.show(() =>
      event.kind === 'compared'
        ? `types ${event.types}/${event.ofTypes}`
        : `objects that differ ${formatNumber(event.objects)}/${formatNumber(event.ofObjects)}`,
    );
}

function sum<Name extends string>(counts: Iterable<Readonly<Record<Name, number>>>, name: Name): number {
  let total = 0;
  for (const count of counts) total += count[name];
  return total;
}
