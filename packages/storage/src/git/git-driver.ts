import { homedir } from 'node:os';
import { AppError, userFolders } from '@infrabackup/core';
import { defineDriver, type Driver } from '../driver.ts';
import { fileOption, textOption, type LocationOption } from '../location-option.ts';

/** What each scheme reaches, and how its addresses look. */
const transports = {
  https: { example: 'git+https://host/repository.git', address: /^\/\/[^/@]+\/./ },
  ssh: { example: 'git+ssh://git@host/repository.git', address: /^\/\/[^/-][^/]*\/./ },
  file: { example: 'git+file:///srv/repository.git', address: /^\/\/\/./ },
} as const;

/** As git allows, and a little less. Source: https://git-scm.com/docs/git-check-ref-format */
const branchName = /^(?!.*(\.\.|\/\/|\/\.|\.lock(\/|$)|@\{|[./]$))[A-Za-z0-9_][A-Za-z0-9_./@+=-]*$/;
const folderName = /^[A-Za-z0-9_:+@=-][A-Za-z0-9._:+@=-]*$/;

const options = {
  branch: matching('the branch; where left out the default one of the repository, or `main` in an empty one', (text) =>
    branchName.test(text) ? text : undefined,
  ),
  path: matching('the folder in the repository; all of it where left out', (text) => {
    const names = text.replace(/^\/|\/$/g, '').split('/');
    return names.every((name) => folderName.test(name)) ? names.join('/') : undefined;
  }),
  authorName: textOption("who makes the commits; else git's own configuration says it"),
  authorEmail: textOption('their address'),
  ca: fileOption('a file of certificates (PEM) to trust in place of those that git knows'),
};

/** Git repositories that are reached in one way. */
export function gitDriver(transport: keyof typeof transports): Driver {
  const { example, address: shape } = transports[transport];
  const scheme = `git+${transport}`;
  return defineDriver(scheme, {
    example,
    options,
    open: async (address, { branch, path, ...given }, { uri, env }) => {
      if (!shape.test(address)) {
        throw new AppError('USAGE', `${scheme}:${address} does not name a repository`, { hint: `write ${example}` });
      }
      const [{ GitStore }, { LocalClone }, { gitEnvironment }] = await Promise.all([
        import('./git-store.ts'),
        import('./local-clone.ts'),
        import('./git-command.ts'),
      ]);
      const { cache } = userFolders({ platform: process.platform, home: homedir(), env });
      const clone = new LocalClone({
        url: `${transport}:${address}`,
        cacheFolder: cache,
        env: gitEnvironment(env, given),
      });
      return new GitStore({ uri, clone, branch, path: path === undefined ? '' : `${path}/` });
    },
  });
}

function matching(takes: string, parse: (text: string) => string | undefined): LocationOption<string> {
  return { takes, parse };
}
