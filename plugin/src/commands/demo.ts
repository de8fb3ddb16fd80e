import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '@infrabackup/core';
import { defineVerb } from '../verb.ts';

/** The demo's program, seen from the bundle: it comes with a checkout, and not with a plugin that krew installed. */
const program = fileURLToPath(new URL('../../test/demo/demo.ts', import.meta.url));

/** `demo`: the main job, on a cluster of its own. */
export const demo = defineVerb({
  usage: 'demo',
  arity: [0, 0],
  completes: [],
  flags: {
    keep: { kind: 'boolean', describe: 'Leave the cluster and the backups until Ctrl-C, to try commands of your own' },
  },
  description:
    'Starts a Kubernetes control plane on this machine, fills it with things that look like yours, backs it up, browses the backup, has an accident, and shows what a restore would change. It touches no cluster of yours and leaves nothing behind. It needs a checkout of infrabackup; the first run downloads the programs of the control plane, or builds them with Go.',
  examples: [['kubectl infrabackup demo --keep', 'Stay, and try commands of your own']],
  outcomes: [],
  run: async ({ flags }, shell) => {
    if (!existsSync(program)) {
      throw new AppError('USAGE', 'the demo needs a checkout of infrabackup, and this plugin stands alone', {
        hint: "in a checkout: 'npm ci && npm run demo'",
      });
    }
    const child = spawn(process.execPath, [program, ...(flags.keep === true ? ['--keep'] : [])], { stdio: 'inherit' });
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (shell.signal.aborted) throw new AppError('CANCELLED', 'the demo was stopped; its cluster is gone');
    if (exitCode !== 0) throw new AppError('USAGE', 'the demo did not run to its end; what it said stands above');
    return 'done';
  },
});
