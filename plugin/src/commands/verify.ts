import {
  AppError,
  formatRef,
  lockedError,
  verifyArchiveFile,
  verifyBackup,
  type Finding,
  type Verification,
} from '@infrabackup/core';
import { findBackup, locationOf, openIfOther } from '../find-backup.ts';
import { keyFlags, readKeys } from '../flags/encryption-flags.ts';
import { fromFlag } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { describeKey } from '../render/encryption-notes.ts';
import { someOf } from '../render/backup-notes.ts';
import { renderJson } from '../render/json.ts';
import { paint } from '../render/paint.ts';
import { overwrittenLine } from '../render/progress-line.ts';
import { formatBytes, formatCount, formatNumber } from '../render/quantity.ts';
import { defineVerb } from '../verb.ts';

/** `verify`: whether every byte of a backup is the one that was written. */
export const verify = defineVerb({
  usage: 'verify BACKUP',
  arity: [1, 1],
  completes: ['backup', 'nothing'],
  flags: {
    ...fromFlag,
    ...keyFlags,
    digest: {
      kind: 'string',
      describe: 'The digest that create printed: anything else, however whole, is not that backup',
    },
    output: outputFlag(['text', 'json']),
  },
  description: `Reads the whole backup and holds everything in it against everything else: each object against its digests, the index against the archive, the counts of the summary, the files against the digest over all. All damage is named, not only the first.

Encrypted objects are held against their digests without any key; with theirs also what they say is looked into.

What another tool made, which keeps no digests, is read to its end: every object is one and lies where it should.

Without --digest this finds damage, but not a forger who made a new digest too: keep the one that create printed in another place.`,
  examples: [
    ['kubectl infrabackup verify nightly', 'Is it whole?'],
    ['kubectl infrabackup verify nightly --digest sha256:2c00...', 'Is it that very backup?'],
    ['kubectl infrabackup verify ./nightly.tar.gz', 'A tarball that was copied somewhere'],
  ],
  outcomes: ['not-found', 'location', 'damaged', 'key'],
  run: async ({ positionals: [named = ''], flags }, shell) => {
    if (flags.digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(flags.digest)) {
      throw new AppError(
        'USAGE',
        `--digest takes sha256: and 64 hex digits, as create prints it, not '${flags.digest}'`,
      );
    }
    const found = await findBackup(named, flags.from, shell);
    if (flags.digest !== undefined && found.kind !== 'stored') {
      throw new AppError('USAGE', `${named} lies without its summary, which alone has a digest over all`);
    }
    const keyring = await readKeys(flags, locationOf(found), shell);
    const line = overwrittenLine(shell.err, shell.clock);
    const options = {
      digest: flags.digest,
      keyring,
      signal: shell.signal,
      onProgress: ({
        objects,
        archiveBytes,
        totalBytes,
      }: {
        objects: number;
        archiveBytes: number;
        totalBytes: number;
      }) =>
        line.show(() => `${formatNumber(objects)} objects  ${formatBytes(archiveBytes)} of ${formatBytes(totalBytes)}`),
    };
    let verification: Verification;
    let madeBy: string | undefined;
    try {
      const other = await openIfOther(found, keyring, shell);
      if (other !== undefined) {
        madeBy = other.header.tool;
        verification = {
          ...{ digest: undefined, findings: [], locked: [] },
          objects: other.header.types.reduce((sum, { count }) => sum + count, 0),
        };
      } else if (found.kind === 'tarball') verification = await verifyArchiveFile(found.archive, options);
      else if (found.kind === 'stored') {
        verification = await verifyBackup(found.store, found.name, { ...options, files: found.files });
      } else throw new AppError('BACKUP_NOT_FOUND', `${found.uri} is no backup`, { refs: [found.uri] });
    } finally {
      line.clear();
    }
    const { findings, objects, digest, locked } = verification;
    if (flags.output === 'json') await shell.out.write(renderJson({ backup: found.uri, ...verification }));
    else if (findings.length === 0) {
      await shell.out.write(
        madeBy === undefined
          ? `${named} is whole: ${formatCount(objects, 'object')}${digest === undefined ? '' : `, ${digest}`}\n`
          : `${named} can be read to its end: ${formatCount(objects, 'object')}; of ${madeBy}, which keeps no digests\n`,
      );
    } else {
      for (const finding of findings)
        await shell.out.write(
          `${paint('red', finding.kind === 'other-digest' ? 'other:' : 'damaged:', shell.out)} ${describe(finding)}\n`,
        );
    }
    for (const { by, objects: closed } of flags.output === 'json' ? [] : locked) {
      const what = formatCount(closed, 'object is encrypted and was', 'objects are encrypted and were');
      await shell.err.write(`${what} not looked into, which takes ${describeKey(by)}\n`);
    }
    if (findings.length === 0) {
      const [first] = locked;
      if (first === undefined || keyring === undefined) return 'done';
      throw lockedError(`what ${formatCount(first.objects, 'object')} of ${named} say`, first.by);
    }
    if (findings.every(({ kind }) => kind === 'other-digest')) {
      throw new AppError('BACKUP_DIGEST_MISMATCH', `${named} is whole, but not the backup of that digest`, {
        hint: 'somebody replaced it, or the digest is that of another backup',
      });
    }
    throw new AppError('BACKUP_DAMAGED', `${named} is damaged in ${formatCount(findings.length, 'place')}`, {
      hint: `what is whole can still be read: kubectl infrabackup get ${named} all -A`,
    });
  },
});

function describe({ message, refs }: Finding): string {
  return refs.length === 0 ? message : `${message} (${someOf(refs.map(formatRef))})`;
}
