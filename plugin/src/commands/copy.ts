import {
  AppError,
  copyBackup,
  countClearSecrets,
  encryptionOfKept,
  parseBackupName,
  refuseClearSecrets,
  rewriteBackup,
  uriBelow,
  writeTogether,
  type Backup,
  type BackupSummary,
  type Encryption,
} from '@infrabackup/core';
import type { FoundBackup, UserKeys } from '@infrabackup/storage';
import { clientVersion } from '../client-version.ts';
import { findBackup, locationOf } from '../find-backup.ts';
import { encryptFlags, keyFlags, readEncryption, readKeys } from '../flags/encryption-flags.ts';
import { underHeading, type FlagValues } from '../flags/flag.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { otherToolsOpener } from '../open-other.ts';
import { openLocation } from '../open-location.ts';
import { describeEncrypted, describeInClear } from '../render/encryption-notes.ts';
import { describeWarning } from '../render/backup-notes.ts';
import { renderJson } from '../render/json.ts';
import { overwrittenLine } from '../render/progress-line.ts';
import { formatBytes, formatNumber } from '../render/quantity.ts';
import { shownSummary } from '../render/shown-summary.ts';
import type { Shell } from '../shell.ts';
import { defineVerb } from '../verb.ts';
import { writeForTool, type OtherTool } from '../write-for-tool.ts';

const flags = {
  ...fromFlag,
  to: {
    kind: 'string',
    describe: 'Where to copy to: the name of a location, a URI or a folder; the default location when left out',
    completes: 'location',
  },
  as: { kind: 'string', describe: 'Copy under this name, as a backup with a digest of its own' },
  format: {
    kind: 'string',
    choices: ['infrabackup', 'velero', 'rancher', 'manifests'],
    describe:
      "What to write: a backup of ours (the default), which Velero reads too unless it is encrypted; one just as Velero makes them; an archive for Rancher's backup operator; or a folder of YAML for kubectl apply",
  },
  output: outputFlag(['text', 'json', 'name']),
  ...underHeading('Encryption flags:', {
    ...encryptFlags,
    'encryption-config': {
      ...encryptFlags['encryption-config'],
      describe:
        'Encrypt the copy by the rules of a Kubernetes EncryptionConfiguration, whichever of its keys the backup is encrypted with',
    },
    decrypt: { kind: 'boolean', describe: 'Write the copy in clear: whoever can read the location can read all of it' },
    'age-identity': keyFlags['age-identity'],
  }),
} as const;

type Flags = FlagValues<typeof flags>;

/** `copy`: a backup in another place, as it is or under other keys. */
export const copy = defineVerb({
  usage: 'copy BACKUP...',
  arity: [1, Infinity],
  completes: ['backup'],
  flags,
  description: `Copies backups to another location, byte for byte, with the digest that they have. What is read is held against its digests on the way; the copy exists when its last file is written. A copy that was cut off goes on with the same command, and takes up only files that are whole. A name that another backup has is refused; the very backup being there is not an error.

With --encryption-config, --age-recipient or --decrypt every object is read and written anew under other keys, or in clear, and with --as under another name. Keys to read with also come from --age-identity, INFRABACKUP_ENCRYPTION_CONFIG and INFRABACKUP_AGE_IDENTITY; the environment alone never changes how a copy is encrypted.`,
  examples: [
    ['kubectl infrabackup copy nightly --to offsite', 'From the default location to another'],
    ['kubectl infrabackup list -o name | xargs kubectl infrabackup copy --to /mnt/usb', 'All of them'],
    ['kubectl infrabackup copy nightly --as nightly-2 --encryption-config new.yaml', 'Under a new key'],
    ['kubectl infrabackup copy ./nightly --to offsite', 'The folder of a backup'],
    ['kubectl infrabackup copy nightly --format manifests --to ./yaml', 'Files for kubectl apply'],
    [
      'kubectl infrabackup copy ./hourly.tar.gz.enc --as hourly --decrypt --format velero --to s3://bucket',
      'For Velero',
    ],
  ],
  outcomes: ['not-found', 'exists', 'location', 'damaged', 'key'],
  run: async ({ positionals, flags: given }, shell) => {
    const names = [...new Set(positionals)];
    if (given.as !== undefined && names.length > 1) throw new AppError('USAGE', '--as names one copy: copy one backup');
    const encryption = await wantedEncryption(given, shell);
    const isRewritten = encryption !== undefined || given.as !== undefined;
    const made: unknown[] = [];
    const all = await Promise.all(names.map((named) => findBackup(named, given.from, shell)));
    const isAsIs = !isRewritten && (given.format === undefined || given.format === 'infrabackup');
    if (isAsIs) await refuseMissing(all, given, shell);
    for (const found of all) {
      const copied =
        given.format !== undefined && given.format !== 'infrabackup'
          ? await copyOut(found, given.format, encryption, given, shell)
          : isAsIs
            ? await copyAsIs(found, given, shell)
            : await copyAnew(found, encryption, given, shell);
      if (given.output === 'json') made.push(copied);
    }
    if (given.output === 'json') await shell.out.write(renderJson(made));
    return 'done';
  },
});

/** Throws BACKUP_NOT_FOUND, before any is copied, for all of them that are not there. */
async function refuseMissing(all: readonly FoundBackup[], { from }: Flags, shell: Shell): Promise<void> {
  const looked = all.map(async (found) => {
    const isThere =
      found.kind !== 'stored' || (await found.store.stat(found.files.summary, shell.signal)) !== undefined;
    return isThere ? [] : [found.name];
  });
  const missing = (await Promise.all(looked)).flat();
  if (missing.length === 0) return;
  throw new AppError('BACKUP_NOT_FOUND', `there is no backup ${missing.join(', ')}; nothing was copied`, {
    hint: `see what there is: kubectl infrabackup list${fromSuffix(from)}; what other tools made is written anew, --as NAME`,
    refs: missing,
  });
}

/** How the flags want a copy encrypted; undefined: as the backup is. */
async function wantedEncryption(given: Flags, shell: Shell): Promise<Encryption | 'clear' | undefined> {
  // Also where one is empty: whoever gives it means to encrypt.
  const flagsThatEncrypt = [given['encryption-config'], given['age-recipient'], given['encrypt-resources']];
  const isEncrypted = flagsThatEncrypt.some((value) => value !== undefined);
  if (given.decrypt === true && isEncrypted)
    throw new AppError('USAGE', '--decrypt writes in clear: leave out the flags that encrypt, or it');
  if (given.decrypt === true) return 'clear';
  return isEncrypted ? await readEncryption(given, shell) : undefined;
}

/** The keys of the flags, and those that are known without flags: a copy under a new key is read with the old one. */
async function keysTo(found: FoundBackup, given: Flags, shell: Shell): Promise<UserKeys | undefined> {
  const keys = await readKeys(given, locationOf(found), shell);
  const known = await readKeys({}, locationOf(found), shell);
  return keys && { ...keys, keys: [...keys.keys, ...(known?.keys ?? [])] };
}

async function copyAsIs(found: FoundBackup, given: Flags, shell: Shell): Promise<unknown> {
  if (found.kind !== 'stored') {
    throw new AppError('USAGE', `${found.uri} lies without a summary, and cannot be copied as it is`, {
      hint: 'write it anew under a name: --as NAME',
      refs: [found.uri],
    });
  }
  const { backupWriter } = await import('@infrabackup/storage');
  const to = await openLocation(given.to, shell);
  const line = overwrittenLine(shell.err, shell.clock);
  try {
    const { summary, wasThere, keptBytes } = await copyBackup({
      ...{ from: found.store, name: found.name, files: found.files, to, signal: shell.signal },
      allowClearSecrets: given['allow-clear-secrets'],
      writer: backupWriter(shell.clock),
      report: ({ sizeBytes, totalBytes }) =>
        line.show(() => `${found.name}  ${formatBytes(sizeBytes)} of ${formatBytes(totalBytes)}`),
    });
    line.clear();
    const went = keptBytes === 0 ? '' : `; ${formatBytes(keptBytes)} were there of an earlier copy`;
    const what = wasThere ? 'is there already' : `copied, ${formatBytes(summary.archive.sizeBytes)}${went}`;
    await say(summary, `${what}, ${summary.digest}`, to.uri, given, shell);
    return { location: to.uri, wasThere, keptBytes, summary: shownSummary(summary) };
  } finally {
    line.clear();
  }
}

async function copyAnew(
  found: FoundBackup,
  encryption: Encryption | 'clear' | undefined,
  given: Flags,
  shell: Shell,
): Promise<unknown> {
  const keys = await keysTo(found, given, shell);
  const { backupWriter, openDiskSpool, openFoundBackup } = await import('@infrabackup/storage');
  const openOther = otherToolsOpener(keys, {}, shell);
  const backup = await openFoundBackup(found, { keyring: keys, openOther, signal: shell.signal });
  const to = await openLocation(given.to, shell);
  const line = overwrittenLine(shell.err, shell.clock);
  try {
    const summary = await rewriteBackup({
      ...{ backup, to, name: parseBackupName(given.as ?? backup.header.name), signal: shell.signal },
      encryption: encryption === 'clear' ? undefined : (encryption ?? asItIs(backup, keys)),
      allowClearSecrets: given['allow-clear-secrets'],
      openSpool: () => openDiskSpool(shell.scratchFolder),
      writer: backupWriter(shell.clock),
      tool: `infrabackup ${clientVersion}`,
      report: (objects) => line.show(() => `${backup.header.name}  ${formatNumber(objects)} objects`),
    });
    line.clear();
    const how = summary.encryption === null ? 'in clear' : `encrypted: ${describeEncrypted(summary)}`;
    await say(summary, `written, ${how}, ${summary.digest}`, to.uri, given, shell);
    if (given.output !== 'json') await shell.err.write(notesOf(summary));
    return { location: to.uri, wasThere: false, keptBytes: 0, summary: shownSummary(summary) };
  } finally {
    line.clear();
  }
}

/** Writes the objects for another tool. Nothing that is encrypted is written in clear unless the flags say so. */
async function copyOut(
  found: FoundBackup,
  tool: OtherTool,
  encryption: Encryption | 'clear' | undefined,
  given: Flags,
  shell: Shell,
): Promise<unknown> {
  const keys = await keysTo(found, given, shell);
  const { openFoundBackup } = await import('@infrabackup/storage');
  const openOther = otherToolsOpener(keys, {}, shell);
  const backup = await openFoundBackup(found, { keyring: keys, openOther, signal: shell.signal });
  const sealing = encryption === 'clear' ? undefined : (encryption ?? asItIs(backup, keys));
  if (sealing !== undefined && (tool !== 'rancher' || sealing.age !== undefined)) {
    throw new AppError('USAGE', `${tool} cannot be encrypted so`, {
      hint: 'write it in clear, --decrypt, or an archive for Rancher with --encryption-config FILE',
    });
  }
  const name = parseBackupName(given.as ?? backup.header.name);
  const to = await openLocation(given.to, shell);
  const inClear = countClearSecrets(backup.header.types, null) > 0 && sealing?.sealerOf('secrets') === undefined;
  refuseClearSecrets(to, name, inClear, given['allow-clear-secrets']);
  const line = overwrittenLine(shell.err, shell.clock);
  const report = (count: number): void => line.show(() => `${name}  ${formatNumber(count)} objects`);
  try {
    const title = `Copy backup ${name} for ${tool}`;
    const key = await writeTogether(to, title, shell.signal, (into) =>
      writeForTool(tool, { backup, to: into, name, sealing, report }, shell),
    );
    line.clear();
    if (given.output === 'name') await shell.out.write(`${key}\n`);
    else if (given.output !== 'json') await shell.out.write(`${uriBelow(to.uri, key)}: written for ${tool}\n`);
    return { location: to.uri, key };
  } finally {
    line.clear();
  }
}

/** How another backup is encrypted as this one is; undefined for one in clear. Never makes clear what is encrypted. */
function asItIs(backup: Backup, keys: UserKeys | undefined): Encryption | undefined {
  if (backup.header.encryption === null) return undefined;
  const encryption = encryptionOfKept(keys, backup);
  if (encryption !== undefined) return encryption;
  throw new AppError(
    'USAGE',
    `${backup.header.name} is encrypted, and nothing says how a copy that is written anew should be`,
    {
      hint: 'give --encryption-config FILE, --age-recipient, --age-identity FILE of a backup for age, or --decrypt',
      refs: [backup.header.name],
    },
  );
}

async function say({ name }: BackupSummary, text: string, location: string, given: Flags, shell: Shell): Promise<void> {
  if (given.output === 'json') return;
  await shell.out.write(given.output === 'name' ? `${name}\n` : `${uriBelow(location, `backups/${name}`)}: ${text}\n`);
}

function notesOf(summary: BackupSummary): string {
  const inClear = describeInClear(summary);
  const lines = [
    ...(inClear === undefined ? [] : [`in clear: ${inClear}`]),
    ...summary.warnings.map((warning) => `warning: ${describeWarning(warning)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
