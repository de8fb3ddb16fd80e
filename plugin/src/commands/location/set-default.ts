import { userLocations } from '../../open-location.ts';
import { defineVerb } from '../../verb.ts';

/** `location set-default`: which place is meant when none is named. */
export const locationSetDefault = defineVerb({
  usage: 'location set-default NAME',
  arity: [1, 1],
  completes: ['location', 'nothing'],
  flags: {},
  description:
    'Makes a location the one that create writes to, and the other verbs look in, when they are told no other.',
  examples: [
    ['kubectl infrabackup location set-default prod', 'From now on'],
    ['kubectl infrabackup location set-default local', 'Back to the built-in one'],
  ],
  outcomes: ['not-found'],
  run: async ({ positionals: [name = ''] }, shell) => {
    const { uri } = await (await userLocations(shell)).setDefault(name);
    await shell.out.write(`location "${name}" is the default: ${uri}\n`);
    return 'done';
  },
});
