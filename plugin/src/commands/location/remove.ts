import { userLocations } from '../../open-location.ts';
import { defineVerb } from '../../verb.ts';

/** `location remove`: forgets a name. */
export const locationRemove = defineVerb({
  usage: 'location remove NAME',
  arity: [1, 1],
  completes: ['location', 'nothing'],
  flags: {},
  description:
    'Forgets the name. The backups in that place stay, and can still be reached by its path or URI. When it was the default, local takes its place.',
  examples: [['kubectl infrabackup location remove usb', 'Forget a folder that is gone']],
  outcomes: ['not-found'],
  run: async ({ positionals: [name = ''] }, shell) => {
    const { uri, isDefault } = await (await userLocations(shell)).remove(name);
    await shell.out.write(`location "${name}" removed; its backups stay in ${uri}\n`);
    if (isDefault) await shell.err.write('the default location is local again\n');
    return 'done';
  },
});
