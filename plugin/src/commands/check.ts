import {
  checkAgainstCluster,
  checkAgainstVersion,
  formatRef,
  type Backup,
  type CheckFinding,
  type CheckResult,
} from '@infrabackup/core';
import { findBackup, openFound } from '../find-backup.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { keyFlags } from '../flags/encryption-flags.ts';
import { fromFlag } from '../flags/location-flags.ts';
import { noHeadersFlag, outputFlag } from '../flags/output-flags.ts';
import { openCluster } from '../open-cluster.ts';
import { checkView, renderCheckNotes } from '../render/check-view.ts';
import { showList } from '../render/list-view.ts';
import { showStructured } from '../render/structured.ts';
import type { Shell } from '../shell.ts';
import { defineVerb } from '../verb.ts';

/** `check`: which objects of a backup a release, or the cluster, does not take as they are stored. */
export const check = defineVerb({
  usage: 'check BACKUP',
  arity: [1, 1],
  completes: ['backup', 'nothing'],
  flags: {
    ...fromFlag,
    'target-version': {
      kind: 'string',
      describe: 'The release of Kubernetes to hold the backup against, e.g. 1.36; the live cluster when left out',
    },
    output: outputFlag(['table', 'json', 'yaml', 'name']),
    'no-headers': noHeadersFlag,
    ...keyFlags,
    ...connectionFlags,
  },
  description: `Tells which objects of the backup are stored in a version of their API that is not served, or is deprecated, there: by a release of Kubernetes with --target-version, else by the cluster at hand. Each comes with the version that replaces it, and whether changing the apiVersion is all it takes.

Custom resources are served where the cluster, or the backup itself, has their definition. diff and restore do the same check by themselves.`,
  examples: [
    ['kubectl infrabackup check nightly --target-version 1.36', 'Before an upgrade to 1.36'],
    ['kubectl infrabackup check nightly', 'Against the cluster of the current context'],
    ['kubectl infrabackup check nightly --target-version 1.36 -o name', 'Every object that it concerns'],
  ],
  outcomes: ['differs', 'not-found', 'cluster', 'location', 'damaged', 'key'],
  run: async ({ positionals: [named = ''], flags }, shell) => {
    const backup = await openFound(await findBackup(named, flags.from, shell), flags, shell);
    const version = flags['target-version'];
    const result =
      version === undefined
        ? await checkAgainstCluster(backup, await openCluster(flags, shell), shell.signal)
        : await checkAgainstVersion(backup, version);
    switch (flags.output) {
      case 'json':
      case 'yaml':
        await showStructured(await withObjects(backup, result), flags.output, shell);
        break;
      case 'name':
        for (const finding of result.findings) await showNames(backup, finding, shell);
        break;
      default:
        await showList(checkView(named, result), 'table', flags['no-headers'] ?? false, shell);
        await shell.err.write(renderCheckNotes(result));
    }
    return result.findings.length === 0 ? 'done' : 'differs';
  },
});

async function showNames(backup: Backup, { type }: CheckFinding, shell: Shell): Promise<void> {
  for await (const entry of backup.entries({ types: [type] })) {
    if (shell.out.isClosed) return;
    await shell.out.write(`${formatRef(entry)}\n`);
  }
}

/** The result, each finding with the objects that it concerns. */
async function withObjects(backup: Backup, result: CheckResult): Promise<unknown> {
  const findings = await Promise.all(
    result.findings.map(async (finding) => {
      const entries = await Array.fromAsync(backup.entries({ types: [finding.type] }));
      const objects = entries.map(({ namespace, name }) => ({ ...(namespace !== undefined && { namespace }), name }));
      return { ...finding, objects };
    }),
  );
  return { backup: backup.header.name, ...result, findings };
}
