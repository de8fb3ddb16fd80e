import type { Verb } from '../verb.ts';

/** One row of the list of verbs: enough for the overview and completion, without loading the verb. */
export interface VerbEntry {
  /** The words to type: `create`, `location add`. */
  readonly path: string;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** Every verb, in the order of the overview. */
export const verbs: readonly VerbEntry[] = [
  {
    path: 'create',
    summary: "Back up the cluster's objects, as they are at one instant",
    load: async () => (await import('./create.ts')).create,
  },
  {
    path: 'version',
    summary: 'Show the versions of this program, the cluster and the archive format',
    load: async () => (await import('./version.ts')).version,
  },
];
