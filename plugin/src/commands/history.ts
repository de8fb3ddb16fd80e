import {
  AppError,
  formatRef,
  historyOf,
  openBackups,
  resolveType,
  typeName,
  type ObjectRef,
  type OpenedBackup,
  type TypeSummary,
} from '@infrabackup/core';
import { contextNamespace } from '../context-namespace.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { keyFlags, readKeys } from '../flags/encryption-flags.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { noHeadersFlag, outputFlag } from '../flags/output-flags.ts';
import { openLocation } from '../open-location.ts';
import { showHistories } from '../render/history-view.ts';
import { defineVerb } from '../verb.ts';

/** `history`: what became of one object, backup after backup. */
export const history = defineVerb({
  usage: 'history TYPE/NAME',
  arity: [1, 2],
  completes: ['type', 'nothing'],
  flags: {
    ...fromFlag,
    namespace: {
      kind: 'string',
      short: 'n',
      describe: "The object's namespace; when left out that of the kubeconfig's context, as for kubectl",
      completes: 'namespace',
    },
    patch: { kind: 'boolean', short: 'p', describe: 'Show what changed from one version to the next, line by line' },
    output: outputFlag(['table', 'json', 'yaml', 'name']),
    'no-headers': noHeadersFlag,
    ...keyFlags,
    kubeconfig: connectionFlags.kubeconfig,
    context: connectionFlags.context,
  },
  description: `Shows the versions of one object over all backups of a location, the newest first: in which backups each was, and what changed. A version lasts as long as nobody changed the object; what the server writes by itself (its status, its bookkeeping) makes no new one.

An object counts as deleted only where a backup looked for it and did not find it. Of every backup one block of the index is read, and of the object one copy a version.`,
  examples: [
    ['kubectl infrabackup history deploy/web -n shop', 'When did it change?'],
    ['kubectl infrabackup history deploy/web -n shop --patch', 'And how, like git log -p'],
    ['kubectl infrabackup history clusterrole/reader -o json', 'For programs'],
  ],
  outcomes: ['partial', 'not-found', 'location', 'damaged', 'key'],
  run: async ({ positionals, flags }, shell) => {
    const [typeWord, name] = parseObjectName(positionals);
    const store = await openLocation(flags.from, shell);
    const { backups, problems } = await openBackups(store, shell.signal, await readKeys(flags, store.uri, shell));
    const type = resolveType(typeWord, typesOf(backups), store.uri);
    const ref: ObjectRef = {
      type: typeName(type),
      ...(type.namespaced && { namespace: flags.namespace ?? (await contextNamespace(flags, shell)) }),
      name,
    };
    const found = await historyOf(backups, ref, shell.signal);
    const unread = [...problems, ...found.problems];
    for (const { name: backup, problem } of unread) await shell.err.write(`warning: ${backup}: ${problem.message}\n`);
    if (found.histories.length === 0) {
      throw new AppError('OBJECT_NOT_FOUND', `no backup in ${store.uri} has ${formatRef(ref)}`, {
        hint: `see what a backup has: kubectl infrabackup get BACKUP ${ref.type} -A${fromSuffix(flags.from)}`,
        refs: [formatRef(ref)],
      });
    }
    await showHistories(ref, found.histories, {
      format: flags.output ?? 'table',
      patch: flags.patch ?? false,
      noHeaders: flags['no-headers'] ?? false,
      shell,
    });
    return unread.length === 0 ? 'done' : 'partial';
  },
});

/** `TYPE/NAME` or `TYPE NAME`. */
function parseObjectName(words: readonly string[]): readonly [type: string, name: string] {
  const [type = '', name = '', ...rest] = words.length === 1 ? words[0]!.split('/') : words;
  if (type !== '' && name !== '' && rest.length === 0 && !type.includes('/') && !name.includes('/'))
    return [type, name];
  throw new AppError('USAGE', `'${words.join(' ')}' names no object`, { hint: 'write TYPE/NAME, e.g. deploy/web' });
}

/** The types of which any backup has objects, as the newest of those describes them; all types where none has. */
function typesOf(backups: readonly OpenedBackup[]): readonly TypeSummary[] {
  const types = backups.flatMap(({ header }) => header.types);
  const filled = types.filter(({ count }) => count > 0);
  return [...new Map((filled.length > 0 ? filled : types).map((type) => [typeName(type), type])).values()];
}
