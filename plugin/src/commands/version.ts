import { formatVersion } from '@infrabackup/core';
import { clientVersion, clientVersionText } from '../client-version.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { openCluster } from '../open-cluster.ts';
import { showStructured } from '../render/structured.ts';
import { defineVerb } from '../verb.ts';

/** `version`: this program, the cluster's API server, and the archive format. */
export const version = defineVerb({
  usage: 'version',
  arity: [0, 0],
  completes: [],
  flags: {
    client: { kind: 'boolean', describe: 'This program only: no cluster is asked' },
    output: outputFlag(['text', 'json', 'yaml']),
    ...connectionFlags,
  },
  description:
    'The archive format is the one that create writes; backups of every format of the same major number can be read.',
  examples: [
    ['kubectl infrabackup version', 'This program and the cluster of the current context'],
    ['kubectl infrabackup version --client', 'This program only'],
  ],
  outcomes: ['cluster', 'refused'],
  run: async ({ flags }, shell) => {
    const isText = flags.output === undefined || flags.output === 'text';
    if (isText) await shell.out.write(clientVersionText);
    const serverVersion =
      flags.client === true ? undefined : (await (await openCluster(flags, shell)).identity(shell.signal)).version;
    if (flags.output === 'json' || flags.output === 'yaml') {
      const client = { clientVersion: `v${clientVersion}`, archiveFormat: formatVersion };
      await showStructured({ ...client, ...(serverVersion !== undefined && { serverVersion }) }, flags.output, shell);
    } else if (serverVersion !== undefined) await shell.out.write(`Server Version: ${serverVersion}\n`);
    return 'done';
  },
});
