import { resolve } from 'node:path';
import { AppError } from '@infrabackup/core';
import type { LocationEncryption } from '@infrabackup/storage';
import { encryptFlags, keyFlags } from '../../flags/encryption-flags.ts';
import { underHeading, type FlagValues } from '../../flags/flag.ts';
import { userLocations } from '../../open-location.ts';
import { defineVerb } from '../../verb.ts';

/** The flags of the same names that other verbs need not be given then. */
const encryptionFlags = underHeading('Encryption flags:', {
  'encryption-config': {
    ...encryptFlags['encryption-config'],
    describe: 'The Kubernetes EncryptionConfiguration that its backups are encrypted and read by',
  },
  'age-recipient': {
    ...encryptFlags['age-recipient'],
    describe: 'Encrypt its backups for whoever has the age identity of one of these recipients (age1...)',
  },
  'encrypt-resources': encryptFlags['encrypt-resources'],
  'age-identity': {
    ...keyFlags['age-identity'],
    describe: 'A file with the age identity of a recipient, which reads its backups',
  },
});

/** `location add`: gives a place a name. */
export const locationAdd = defineVerb({
  usage: 'location add NAME URI',
  arity: [2, 2],
  completes: ['nothing', 'file', 'nothing'],
  flags: {
    option: {
      kind: 'repeated',
      describe: 'An option of its kind of destination, key=value; several flags for several',
    },
    default: { kind: 'boolean', describe: 'Make it the default location' },
    ...encryptionFlags,
  },
  description:
    'Gives a folder or a URI a name, by which --to and --from then know it: file://, s3://, gs://, az://, nfs:// and exec:, whose options docs/locations.md lists; a wrong one is answered with those that there are. Credentials are never part of it: they come from where the tools of that destination find them. The place itself is not touched; location check tries it out.\n\nWith the encryption flags, backups in that place are encrypted and read so from then on, where no flag says otherwise. The paths of the files are kept, not the keys in them.',
  examples: [
    ['kubectl infrabackup location add usb /mnt/usb/backups', 'A folder'],
    [
      'kubectl infrabackup location add prod s3://acme-backups/cluster-1 --option region=eu-central-1 --default',
      'A bucket, which is used from now on',
    ],
    [
      "kubectl infrabackup location add minio 's3://backups?endpoint=https://minio.example.com:9000&ca=/etc/ssl/minio.pem'",
      'One that is not at AWS',
    ],
    [
      'kubectl infrabackup location add prod s3://acme-backups --age-recipient age1... --age-identity ~/me.txt',
      'One in which everything is encrypted',
    ],
    ['kubectl infrabackup location add shared nfs://nas/export/backups', 'An export that is mounted'],
  ],
  outcomes: ['exists'],
  run: async ({ positionals: [name = '', uri = ''], flags }, shell) => {
    const locations = await userLocations(shell);
    const encryption = encryptionOf(flags, shell.workingFolder);
    const added = await locations.add(name, uri, {
      options: parseOptions(flags.option ?? []),
      ...(encryption !== undefined && { encryption }),
    });
    if (flags.default === true) await locations.setDefault(name);
    await shell.out.write(
      `location "${added.name}" added: ${added.uri}${flags.default === true ? ', the default' : ''}\n`,
    );
    return 'done';
  },
});

/** Undefined where no flag says anything. */
function encryptionOf(
  given: FlagValues<typeof encryptionFlags>,
  workingFolder: string,
): LocationEncryption | undefined {
  const { 'encryption-config': config, 'age-identity': ageIdentity } = given;
  const { 'age-recipient': ageRecipients, 'encrypt-resources': resources } = given;
  const encryption = {
    ...(config !== undefined && { config: resolve(workingFolder, config) }),
    ...(ageRecipients !== undefined && { ageRecipients }),
    ...(resources !== undefined && { resources }),
    ...(ageIdentity !== undefined && { ageIdentity: resolve(workingFolder, ageIdentity) }),
  };
  return Object.keys(encryption).length === 0 ? undefined : encryption;
}

function parseOptions(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      throw new AppError('USAGE', '--option takes key=value');
    }),
  );
}
