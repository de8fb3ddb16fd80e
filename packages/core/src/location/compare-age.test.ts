import { expect, test } from 'vitest';
import type { BackupSummary } from '../archive/summary.ts';
import { writeSample } from '../testing/sample-backup.ts';
import { compareAge } from './compare-age.ts';

const { summary } = await writeSample([]);
const second = '2026-11-21T08:30:00Z';
const backup = (name: string, startedAt: string, revision: string | undefined, uid = 'a-cluster'): BackupSummary => {
  const { revision: _none, ...rest } = summary;
  const cluster = { ...summary.cluster, uid };
  return { ...rest, name, startedAt, cluster, ...(revision !== undefined && { revision }) };
};

test.each<[string, readonly BackupSummary[]]>([
  [
    'by time, also where the revision went back with an etcd that was restored',
    [backup('z', '2026-11-21T08:29:59Z', '900'), backup('a', second, '12')],
  ],
  [
    'by the revision within a second, as a number of any size, whatever the names',
    [
      backup('third', second, '999'),
      backup('fifth', second, '1000'),
      backup('fourth', second, '9007199254740992'),
      backup('first', second, '9007199254740993'),
    ],
  ],
  ['by the name where the state is the same', [backup('a', second, '7'), backup('b', second, '7')]],
  ['by the name where no revision is known', [backup('a', second, undefined), backup('b', second, undefined)]],
  [
    'cluster by cluster within a second, since their revisions say nothing of each other',
    [backup('z', second, '800', 'one'), backup('y', second, '900', 'one'), backup('x', second, '1', 'two')],
  ],
])('backups are ordered %s', (_name, inOrder) => {
  expect([...inOrder].sort(compareAge).map(({ name }) => name)).toEqual(inOrder.map(({ name }) => name));
  expect([...inOrder].reverse().sort(compareAge)).toEqual(inOrder);
});
