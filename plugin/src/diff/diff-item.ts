import type { Manifest, ObjectRef } from '@infrabackup/core';

/** One object of a diff, as every output format takes it. */
export interface DiffItem {
  /** What became, or would become, of it: `update`, `added`, ... */
  readonly verdict: string;
  readonly ref: ObjectRef;
  /** Where it is in the backup, when that is elsewhere. */
  readonly source?: ObjectRef | undefined;
  /** Whether it makes the diff end with 1. */
  readonly differs: boolean;
  /** The sides; undefined for one that does not exist, both for an object that nothing is written of. */
  readonly before: Manifest | undefined;
  readonly after: Manifest | undefined;
  /** The definition of a custom resource. */
  readonly crd: Manifest | undefined;
  /** Why nothing is written, as data and in words. */
  readonly reason?: { readonly data: unknown; readonly text: string } | undefined;
  /** What to know beside that, likewise. */
  readonly notes: readonly { readonly data: unknown; readonly text: string }[];
}

/** What stands over a diff, and how it came out. */
export interface DiffFrame {
  /** What the two sides are called. */
  readonly before: string;
  readonly after: string;
  /** Whether the status is compared and shown. */
  readonly status: boolean;
}

/** How a diff ended. */
export interface DiffResult {
  /** Objects by verdict, those that are the same included; in the order in which people want them. */
  readonly counts: Readonly<Record<string, number>>;
  /** For programs: what there is to say of the whole. */
  readonly data: object;
}

/** Prints a diff in one format, object by object. */
export interface DiffPrinter {
  add(item: DiffItem): Promise<void>;
  end(result: DiffResult): Promise<void>;
  /** Cleans up, also when the diff came to no end. */
  close?(): Promise<void>;
}
