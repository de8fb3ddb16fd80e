import { AppError } from '@infrabackup/core';
import { userLocations } from '../../open-location.ts';
import { defineVerb } from '../../verb.ts';

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
  },
  description:
    'Gives a folder or a URI a name, by which --to and --from then know it: file://, s3://, gs://, az://, nfs:// and exec:, whose options docs/locations.md lists; a wrong one is answered with those that there are. Credentials are never part of it: they come from where the tools of that destination find them. The place itself is not touched; location check tries it out.',
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
    ['kubectl infrabackup location add shared nfs://nas/export/backups', 'An export that is mounted'],
  ],
  outcomes: ['exists'],
  run: async ({ positionals: [name = '', uri = ''], flags }, shell) => {
    const locations = await userLocations(shell);
    const added = await locations.add(name, uri, parseOptions(flags.option ?? []));
    if (flags.default === true) await locations.setDefault(name);
    await shell.out.write(
      `location "${added.name}" added: ${added.uri}${flags.default === true ? ', the default' : ''}\n`,
    );
    return 'done';
  },
});

function parseOptions(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      throw new AppError('USAGE', '--option takes key=value');
    }),
  );
}
