import type { ObjectRef } from '../object/ref.ts';

/** One thing that is wrong with a backup. */
export interface Finding {
  /**
   * Where: the summary, `velero-backup.json`, the index (or one of its blocks), the archive outside of its objects, one
   * object, a count of the summary; `other-digest` is no damage, but another backup than the one that was asked for.
   */
  readonly kind: 'summary' | 'velero' | 'index' | 'archive' | 'object' | 'count' | 'other-digest';
  readonly message: string;
  /** The objects that it concerns; the first {@link refLimit} where they are more. */
  readonly refs: readonly ObjectRef[];
}

/** A cut archive may lack a million objects; nobody reads on after so many. */
export const refLimit = 1000;

/** What was found so far. */
export class Findings {
  readonly all: Finding[] = [];

  add(kind: Finding['kind'], message: string, refs: readonly ObjectRef[] = []): void {
    this.all.push({ kind, message, refs: refs.slice(0, refLimit) });
  }

  /** Adds it unless the same was said already. */
  addOnce(kind: Finding['kind'], message: string): void {
    if (!this.all.some((finding) => finding.kind === kind && finding.message === message)) this.add(kind, message);
  }
}
