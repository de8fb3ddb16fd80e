import { formatWhen } from './quantity.ts';

/** The newest backup of the locations, as far as the status bar tells of it. */
export type LastBackup =
  | { readonly name: string; readonly state: 'complete' | 'partial'; readonly startedAt: string }
  | { readonly name: string; readonly state: 'broken' };

/** What the status bar shows. */
export interface Status {
  readonly text: string;
  readonly tooltip: string;
  readonly severity: 'none' | 'warning' | 'error';
}

/** The status bar's text: the context, and how old the last backup is and whether it is whole. */
export function statusOf(context: string | undefined, last: LastBackup | undefined, nowMs: number): Status {
  const cluster = context ?? 'no cluster';
  if (last === undefined) {
    return { text: `$(archive) ${cluster}`, tooltip: `Infrabackup: ${cluster}, no backup yet`, severity: 'none' };
  }
  if (last.state === 'broken') {
    const tooltip = `Infrabackup: ${cluster}, backup ${last.name} cannot be read`;
    return { text: `$(error) ${cluster}`, tooltip, severity: 'error' };
  }
  const when = formatWhen(last.startedAt, nowMs);
  const isPartial = last.state === 'partial';
  return {
    text: `$(${isPartial ? 'warning' : 'archive'}) ${cluster} · ${when}`,
    tooltip: `Infrabackup: ${cluster}, last backup ${last.name} ${when}${isPartial ? ', partial' : ''}`,
    severity: isPartial ? 'warning' : 'none',
  };
}
