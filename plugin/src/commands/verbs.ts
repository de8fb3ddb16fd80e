import type { Verb } from '../verb.ts';

/** One row of the list of verbs: enough for the overview and completion, without loading the verb. */
export interface VerbEntry {
  /** The words to type: `create`, `location add`. */
  readonly path: string;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** The verb that the words begin with. */
export function findVerb(words: readonly string[]): VerbEntry | undefined {
  return verbs.find(({ path }) => path === words.slice(0, wordsOf(path).length).join(' '));
}

/** The words of a verb. */
export function wordsOf(path: string): readonly string[] {
  return path.split(' ');
}

/** Every verb, in the order of the overview. */
export const verbs: readonly VerbEntry[] = [
  {
    path: 'create',
    summary: "Back up the cluster's objects, as they are at one instant",
    load: async () => (await import('./create.ts')).create,
  },
  {
    path: 'list',
    summary: 'List backups',
    load: async () => (await import('./list.ts')).list,
  },
  {
    path: 'describe',
    summary: 'Show what is known of a backup: where from, what is in it, what is missing',
    load: async () => (await import('./describe.ts')).describe,
  },
  {
    path: 'get',
    summary: 'Show objects of a backup: kubectl get, in the past',
    load: async () => (await import('./get.ts')).get,
  },
  {
    path: 'diff',
    summary: 'Show what a restore would change, or what changed between two backups',
    load: async () => (await import('./diff.ts')).diff,
  },
  {
    path: 'restore',
    summary: 'Bring the cluster, or some of its objects, to what a backup says',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    path: 'undo',
    summary: 'Take a restore back',
    load: async () => (await import('./undo.ts')).undo,
  },
  {
    path: 'restores describe',
    summary: 'Show what became of each object of a restore',
    load: async () => (await import('./restores/describe.ts')).restoresDescribe,
  },
  {
    path: 'restores',
    summary: 'List restores and their undos',
    load: async () => (await import('./restores/list.ts')).restoresList,
  },
  {
    path: 'history',
    summary: 'Show the versions of one object over all backups',
    load: async () => (await import('./history.ts')).history,
  },
  {
    path: 'check',
    summary: 'Show which objects a release or the cluster does not take as they are stored',
    load: async () => (await import('./check.ts')).check,
  },
  {
    path: 'verify',
    summary: 'Check that a backup is whole, or that it is the one of a digest',
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    path: 'copy',
    summary: 'Copy backups to another location, as they are or under other keys',
    load: async () => (await import('./copy.ts')).copy,
  },
  {
    path: 'delete',
    summary: 'Delete backups',
    load: async () => (await import('./delete.ts')).deleteVerb,
  },
  {
    path: 'prune',
    summary: 'Delete the backups that have expired',
    load: async () => (await import('./prune.ts')).prune,
  },
  {
    path: 'spec show',
    summary: 'Show what a file of any tool says is to be backed up',
    load: async () => (await import('./spec/show.ts')).specShow,
  },
  {
    path: 'spec convert',
    summary: 'Write what is to be backed up in the words of another tool',
    load: async () => (await import('./spec/convert.ts')).specConvert,
  },
  {
    path: 'spec rbac',
    summary: 'Write the least rights that a backup needs',
    load: async () => (await import('./spec/rbac.ts')).specRbac,
  },
  {
    path: 'location list',
    summary: 'List the places for backups that have a name',
    load: async () => (await import('./location/list.ts')).locationList,
  },
  {
    path: 'location add',
    summary: 'Give a folder or a URI a name',
    load: async () => (await import('./location/add.ts')).locationAdd,
  },
  {
    path: 'location check',
    summary: 'Try out whether a place is fit for backups',
    load: async () => (await import('./location/check.ts')).locationCheck,
  },
  {
    path: 'location remove',
    summary: 'Forget a name, and leave the backups',
    load: async () => (await import('./location/remove.ts')).locationRemove,
  },
  {
    path: 'location set-default',
    summary: 'Choose the place that is meant when none is named',
    load: async () => (await import('./location/set-default.ts')).locationSetDefault,
  },
  {
    path: 'demo',
    summary: 'Show the main job on a cluster of its own',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    path: 'completion',
    summary: 'Print the completion script of a shell',
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    path: 'version',
    summary: 'Show the versions of this program, the cluster and the archive format',
    load: async () => (await import('./version.ts')).version,
  },
];
