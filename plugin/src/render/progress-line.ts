import type { BackupEvent, Clock, TypeName } from '@infrabackup/core';
import type { Sink } from '../shell.ts';
import { formatBytes, formatNumber } from './quantity.ts';

/** A line that is written over and over; a terminal shows ten of them a second at most. */
const intervalMs = 100;

/**
 * Shows how far a backup is, in one line of a terminal; where there is no terminal it is quiet.
 *
 * Call `clear` before anything else is printed and at the end.
 */
export function progressLine(sink: Sink, clock: Clock): { report(event: BackupEvent): void; clear(): void } {
  const read = new Map<TypeName, { readonly objects: number; readonly sizeBytes: number }>();
  const startedMs = clock.now();
  let types = 0;
  let done = 0;
  let shownMs = 0;
  let isShown = false;

  const lineAt = (nowMs: number): string => {
    let [objects, sizeBytes] = [0, 0];
    for (const counts of read.values()) {
      objects += counts.objects;
      sizeBytes += counts.sizeBytes;
    }
    const rate = Math.round(objects / Math.max(0.1, (nowMs - startedMs) / 1_000));
    return `types ${done}/${types}  objects ${formatNumber(objects)}  ${formatBytes(sizeBytes)}  ${formatNumber(rate)}/s`;
  };
  const show = (text: string): void => {
    isShown = true;
    void sink.write(`\r\u001b[K${text.slice(0, Math.max(0, (sink.columns ?? 80) - 1))}`);
  };

  return {
    report(event) {
      if (event.kind === 'planned') types = event.types;
      if (event.kind === 'restarted') {
        read.clear();
        done = 0;
      }
      if (event.kind === 'progress' || event.kind === 'type-done') read.set(event.type, event);
      if (event.kind === 'type-done') done++;
      if (!sink.isTerminal) return;
      const nowMs = clock.now();
      if (event.kind === 'writing') show(`writing ${formatBytes(event.sizeBytes)}`);
      else if (nowMs - shownMs >= intervalMs) {
        shownMs = nowMs;
        show(lineAt(nowMs));
      }
    },
    clear() {
      if (isShown) void sink.write('\r\u001b[K');
      isShown = false;
    },
  };
}
