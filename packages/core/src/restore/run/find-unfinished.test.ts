import { expect, test } from 'vitest';
import { defaultRestoreOptions } from '../restore-options.ts';
import type { RestorePlan } from '../restore-plan.ts';
import { findUnfinished, type SameRestore } from './find-unfinished.ts';
import type { RunHead, RunRecord, RunStore } from './run-store.ts';

const cluster = { uid: 'here', version: 'v1.36.3', server: 'https://127.0.0.1:6443' };
const same: SameRestore = {
  backup: { name: 'nightly', cluster, takenAt: '2026-11-21T08:30:00Z', digest: 'sha256:a' },
  cluster,
  request: {},
  options: defaultRestoreOptions,
  scaleDown: [],
};

interface Made {
  readonly id: string;
  readonly kind?: 'restore' | 'undo';
  readonly finished?: boolean;
  readonly unreadable?: boolean;
  readonly plan?: Partial<RestorePlan>;
}

function runOf({ id, kind = 'restore', finished = false, plan }: Made): RunRecord {
  const { backup, options, request, scaleDown } = same;
  const whole = { id, key: 'k', backup, cluster, options: { ...options, addresses: 'keep' }, ...plan } as RestorePlan;
  const head: RunHead = { id, kind, startedAt: '', location: '', request, scaleDown, stayDown: false };
  return { head, plan: whole, records: finished ? [{ kind: 'finished', at: '' }] : [], isOpen: false };
}

/** The newest first. */
function storeOf(made: readonly Made[]): RunStore {
  return {
    list: () => Promise.resolve(made.map((one) => runOf(one).head)),
    read: (id: string) => {
      const one = made.find((it) => it.id === id)!;
      return one.unreadable === true ? Promise.reject(new Error('torn')) : Promise.resolve(runOf(one));
    },
  } as unknown as RunStore;
}

const cut: Made = { id: 'cut' };
const elsewhere = { cluster: { ...cluster, uid: 'there' } };
const other = { options: { ...defaultRestoreOptions, prune: true } };

test.each<[string, readonly Made[], string | undefined]>([
  ['one that was cut off', [cut], 'cut'],
  ['one that was cut off, though another cluster was restored since', [{ id: 'x', plan: elsewhere }, cut], 'cut'],
  ['one that was cut off, though a run that nobody can read has followed', [{ id: 'x', unreadable: true }, cut], 'cut'],
  ['none where it came to its end', [{ id: 'x', finished: true }], undefined],
  ['none where another restore has followed', [{ id: 'x', finished: true, plan: other }, cut], undefined],
  ['none where its undo has followed, finished or not', [{ id: 'x', kind: 'undo' }, cut], undefined],
  ['none where it did something else', [{ id: 'x', plan: other }], undefined],
  ['none where there is none', [], undefined],
])('goes on with %s', async (_name, made, found) => {
  expect((await findUnfinished(storeOf(made), same))?.head.id).toBe(found);
});
