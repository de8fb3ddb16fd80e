import { AppError, backupsPrefix, deleteBackup, parseBackupName } from '@infrabackup/core';
import { confirm } from '../confirm.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { openLocation } from '../open-location.ts';
import { formatCount } from '../render/quantity.ts';
import { defineVerb } from '../verb.ts';

/** `delete`: deletes backups, and what is left of unfinished ones. */
export const deleteVerb = defineVerb({
  usage: 'delete BACKUP...',
  arity: [1, Infinity],
  completes: ['backup'],
  flags: {
    ...fromFlag,
    yes: { kind: 'boolean', short: 'y', describe: 'Do not ask' },
    force: {
      kind: 'boolean',
      describe: 'Also take it from a process that seems to be writing or deleting it; that process is told and stops',
    },
    output: outputFlag(['text', 'name']),
  },
  description:
    'Deletes backups for good, after asking. All names are checked first: when one does not exist, nothing is deleted. The summary goes first, so a delete that is interrupted leaves nothing that is listed; calling it again finishes.',
  examples: [
    ['kubectl infrabackup delete before-upgrade', 'One backup'],
    ['kubectl infrabackup list -l team=shop -o name | xargs kubectl infrabackup delete --yes', 'Several, in a script'],
  ],
  outcomes: ['not-found', 'exists', 'refused', 'location'],
  run: async ({ positionals, flags }, shell) => {
    const names = [...new Set(positionals.map(parseBackupName))];
    const store = await openLocation(flags.from, shell);
    const there = new Set(await Array.fromAsync(store.listNames(backupsPrefix, shell.signal)));
    const missing = names.filter((name) => !there.has(name));
    if (missing.length > 0) {
      throw new AppError('BACKUP_NOT_FOUND', `${store.uri} has no backup ${missing.join(', ')}; nothing was deleted`, {
        hint: `see what it has: kubectl infrabackup list${fromSuffix(flags.from)}`,
        refs: missing,
      });
    }
    const question = `Delete ${names.length === 1 ? 'backup' : formatCount(names.length, 'backup')} ${names.join(', ')} from ${store.uri} for good?`;
    await confirm(question, flags.yes, `kubectl infrabackup delete ${names.join(' ')}${fromSuffix(flags.from)}`, shell);
    const { backupWriter } = await import('@infrabackup/storage');
    for (const name of names) {
      await deleteBackup(store, name, { writer: backupWriter(shell.clock), force: flags.force, signal: shell.signal });
      await shell.out.write(flags.output === 'name' ? `${name}\n` : `backup "${name}" deleted\n`);
    }
    return 'done';
  },
});
