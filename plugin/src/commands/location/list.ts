import type { LocationEncryption, NamedLocation } from '@infrabackup/storage';
import { noHeadersFlag, outputFlag } from '../../flags/output-flags.ts';
import { userLocations } from '../../open-location.ts';
import { formatCount, formatLabels } from '../../render/quantity.ts';
import { showList, type ListColumn } from '../../render/list-view.ts';
import { defineVerb } from '../../verb.ts';

const columns: readonly ListColumn<NamedLocation>[] = [
  { header: 'NAME', text: ({ name }) => name },
  { header: 'DEFAULT', text: ({ isDefault }) => (isDefault ? '*' : '') },
  { header: 'URI', text: ({ uri }) => uri },
  { header: 'OPTIONS', text: ({ options }) => formatLabels(options), wide: true },
  { header: 'ENCRYPTION', text: ({ encryption }) => describeEncryption(encryption), wide: true },
];

function describeEncryption({ config, ageRecipients, ageIdentity }: LocationEncryption = {}): string {
  if (ageRecipients !== undefined) return `for ${formatCount(ageRecipients.length, 'age recipient')}`;
  return config ?? (ageIdentity === undefined ? '<none>' : `only read, with ${ageIdentity}`);
}

/** `location list`: the places that have a name. */
export const locationList = defineVerb({
  usage: 'location list',
  arity: [0, 0],
  completes: [],
  flags: { output: outputFlag(['table', 'wide', 'json', 'yaml', 'name']), 'no-headers': noHeadersFlag },
  description:
    "Shows the locations by name. One, local, is built in: a folder among the user's own data. The default one is where create writes and the other verbs look when they are told no other.",
  examples: [['kubectl infrabackup location list', 'Which is the default?']],
  outcomes: [],
  run: async ({ flags }, shell) => {
    const rows = await (await userLocations(shell)).list();
    const view = {
      rows,
      columns,
      name: ({ name }: NamedLocation) => name,
      item: (row: NamedLocation) => row,
      whenEmpty: '',
    };
    await showList(view, flags.output ?? 'table', flags['no-headers'] ?? false, shell);
    return 'done';
  },
});
