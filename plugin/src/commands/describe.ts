import { findBackup, openFound } from '../find-backup.ts';
import { keyFlags } from '../flags/encryption-flags.ts';
import { fromFlag } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { renderDescription } from '../render/description.ts';
import { shownSummary } from '../render/shown-summary.ts';
import { showStructured } from '../render/structured.ts';
import { defineVerb } from '../verb.ts';

/** `describe`: all that is known of one backup without reading its objects. */
export const describe = defineVerb({
  usage: 'describe BACKUP',
  arity: [1, 1],
  completes: ['backup', 'nothing'],
  flags: { ...fromFlag, ...keyFlags, output: outputFlag(['text', 'json', 'yaml']) },
  description:
    'Shows when and of which cluster the backup was made, what was selected, how many objects of which types and namespaces are in it, what it lacks and why, how large it is and when it expires. BACKUP is a name, or the path of a backup folder or tarball. Keys are needed for none of it, but for an encrypted archive of another tool, which is opened whole.',
  examples: [
    ['kubectl infrabackup describe nightly', 'A backup of the default location'],
    ['kubectl infrabackup describe /mnt/usb/nightly', 'The folder of a backup, copied from wherever it was'],
  ],
  outcomes: ['not-found', 'location', 'damaged', 'key'],
  run: async ({ positionals: [name = ''], flags }, shell) => {
    const found = await findBackup(name, flags.from, shell);
    const backup = await openFound(found, flags, shell);
    const shown = backup.summary === undefined ? backup.header : shownSummary(backup.summary);
    if (flags.output === 'json' || flags.output === 'yaml') await showStructured(shown, flags.output, shell);
    else await shell.out.write(renderDescription(backup, found.uri, shell.clock.now()));
    return 'done';
  },
});
