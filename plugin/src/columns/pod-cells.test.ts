import type { Manifest } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { formatPodReady, formatPodRestarts, formatPodStatus, formatReadinessGates } from './pod-cells.ts';

const nowMs = Date.parse('2026-11-21T09:00:00Z');

function pod(spec: object, status: object, metadata: object = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec, status };
}

const running = { ready: true, state: { running: {} } };
const done = { ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } };
const failed = { ready: false, state: { terminated: { exitCode: 3 } } };
const crashing = {
  ready: false,
  restartCount: 4,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1, finishedAt: '2026-11-21T08:58:00Z' } },
};
const ready = [{ type: 'Ready', status: 'True' }];
const two = { containers: [{}, {}] };
const sidecar = { containers: [{}], initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] };
const setUp = { containers: [{}], initContainers: [{ name: 'a' }, { name: 'b' }] };

/** What kubectl shows for the same pods. */
const cases: readonly (readonly [string, Manifest, ready: string, status: string, restarts: string])[] = [
  ['a pod that waits for a node', pod(two, { phase: 'Pending' }), '0/2', 'Pending', '0'],
  ['a running pod', pod(two, { phase: 'Running', containerStatuses: [running, running] }), '2/2', 'Running', '0'],
  [
    'a container that crashes',
    pod(two, { phase: 'Running', containerStatuses: [running, crashing] }),
    '1/2',
    'CrashLoopBackOff',
    '4 (2m ago)',
  ],
  [
    'a job that is done',
    pod({ containers: [{}] }, { phase: 'Succeeded', containerStatuses: [done] }),
    '0/1',
    'Completed',
    '0',
  ],
  [
    'one container done and the other ready',
    pod(two, { phase: 'Running', conditions: ready, containerStatuses: [done, running] }),
    '1/2',
    'Running',
    '0',
  ],
  [
    'one container done and the other not ready',
    pod(two, { phase: 'Running', containerStatuses: [done, running] }),
    '1/2',
    'NotReady',
    '0',
  ],
  [
    'one container done and the other failed',
    pod(two, { containerStatuses: [done, failed] }),
    '0/2',
    'ExitCode:3',
    '0',
  ],
  [
    'a container ended by a signal',
    pod({ containers: [{}] }, { containerStatuses: [{ state: { terminated: { exitCode: 137, signal: 9 } } }] }),
    '0/1',
    'Signal:9',
    '0',
  ],
  ['an evicted pod', pod({ containers: [{}] }, { phase: 'Failed', reason: 'Evicted' }), '0/1', 'Evicted', '0'],
  [
    'a gated pod',
    pod(
      { containers: [{}] },
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    ),
    '0/1',
    'SchedulingGated',
    '0',
  ],
  [
    'a pod that is being deleted',
    pod(
      two,
      { phase: 'Running', containerStatuses: [running, running] },
      { deletionTimestamp: '2026-11-21T08:59:00Z' },
    ),
    '2/2',
    'Terminating',
    '0',
  ],
  [
    'a deleted pod of a lost node',
    pod(two, { phase: 'Running', reason: 'NodeLost' }, { deletionTimestamp: '2026-11-21T08:59:00Z' }),
    '0/2',
    'Unknown',
    '0',
  ],
  [
    'the second init container at work',
    pod(setUp, {
      phase: 'Pending',
      initContainerStatuses: [
        { name: 'a', ...done },
        { name: 'b', state: { running: {} } },
      ],
    }),
    '0/1',
    'Init:1/2',
    '0',
  ],
  [
    'an init container that fails',
    pod(setUp, { phase: 'Pending', initContainerStatuses: [{ name: 'a', restartCount: 2, ...failed }, { name: 'b' }] }),
    '0/1',
    'Init:ExitCode:3',
    '2',
  ],
  [
    'an init container whose image is not there',
    pod(setUp, {
      phase: 'Pending',
      initContainerStatuses: [{ name: 'a', state: { waiting: { reason: 'ImagePullBackOff' } } }],
    }),
    '0/1',
    'Init:ImagePullBackOff',
    '0',
  ],
  [
    'a sidecar counts as a container',
    pod(sidecar, {
      phase: 'Running',
      initContainerStatuses: [{ name: 'proxy', ready: true, started: true, restartCount: 1, state: { running: {} } }],
      containerStatuses: [running],
    }),
    '2/2',
    'Running',
    '1',
  ],
  ['nothing but a name', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }, '0/0', '', '0'],
];

describe('the cells of a pod', () => {
  it.each(cases)('show %s', (_, object, readyCell, status, restarts) => {
    expect([formatPodReady(object), formatPodStatus(object), formatPodRestarts(object, nowMs)]).toEqual([
      readyCell,
      status,
      restarts,
    ]);
  });

  it('show readiness gates that are met', () => {
    const gates = [{ conditionType: 'lb' }, { conditionType: 'dns' }];
    const conditions = [
      { type: 'lb', status: 'True' },
      { type: 'dns', status: 'False' },
    ];
    expect(formatReadinessGates(pod({ readinessGates: gates }, { conditions }))).toBe('1/2');
    expect(formatReadinessGates(pod({}, {}))).toBe('<none>');
  });
});
