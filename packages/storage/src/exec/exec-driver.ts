import { isAbsolute } from 'node:path';
import { AppError } from '@infrabackup/core';
import { defineDriver } from '../driver.ts';
import { flagOption, textOption } from '../location-option.ts';
import { refuseSecretOptions } from '../store-uri.ts';

/** Whatever a command of the user's own reaches. */
export const execDriver = defineDriver('exec', {
  example: 'exec:/usr/local/bin/my-store',
  options: {
    args: textOption('words that the command gets before the verb, parted by blanks'),
    creates: flagOption('whether the command knows the verb create; false where left out'),
    ranges: flagOption('whether its get gives a part of a value; false where left out'),
  },
  open: async (address, { args = '', creates = false, ranges = false }, { uri, env }) => {
    const command = address.replace(/^\/\/(?=\/)/, '');
    if (!isAbsolute(command)) {
      throw new AppError('USAGE', `exec:${address} does not name a command by its absolute path`, {
        hint: 'write exec:/usr/local/bin/COMMAND; its arguments go into ?args=',
      });
    }
    const words = args.split(' ').filter((word) => word !== '');
    // Command lines are for everybody on a machine to read.
    refuseSecretOptions(Object.fromEntries(words.map((word) => [/^-*([^=]*)/.exec(word)![1]!, ''])));
    const { ExecStore } = await import('./exec-store.ts');
    return new ExecStore({ uri, command: decodeURI(command), args: words, env, creates, ranges });
  },
});
