import { archiveFormat, clientVersion, clientVersionText } from '../client-version.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { outputFlag } from '../flags/output-flags.ts';
import { openCluster } from '../open-cluster.ts';
import { renderJson, renderYaml } from '../render/structured.ts';
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
    const client = { clientVersion: `v${clientVersion}`, archiveFormat };
    const isText = flags.output === undefined || flags.output === 'text';
    if (isText) await shell.out.write(clientVersionText);
    const server =
      flags.client === true
        ? {}
        : { serverVersion: (await (await openCluster(flags, shell)).identity(shell.signal)).version };
    if (flags.output === 'json') await shell.out.write(renderJson({ ...client, ...server }));
    else if (flags.output === 'yaml') await shell.out.write(renderYaml({ ...client, ...server }));
    else if (server.serverVersion !== undefined) await shell.out.write(`Server Version: ${server.serverVersion}\n`);
    return 'done';
  },
});
