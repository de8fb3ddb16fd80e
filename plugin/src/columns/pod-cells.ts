import type { Manifest } from '@infrabackup/core';
import { formatAgeAt } from '../render/age.ts';

/*
 * READY, STATUS and RESTARTS of a pod, which kubectl works out of its containers' states by rules of its own.
 *
 * Source: https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/printers/internalversion/printers.go#L924 (printPod)
 */

interface Pod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec?: {
    readonly containers?: readonly unknown[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
    readonly readinessGates?: readonly { readonly conditionType: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: Ending; readonly running?: object; readonly terminated?: Ending };
  readonly lastState?: { readonly terminated?: Ending };
}

interface Ending {
  readonly reason?: string;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly finishedAt?: string;
}

/** How many containers, sidecars included, are ready: `1/2`. */
export function formatPodReady(object: Manifest): string {
  const pod = object as unknown as Pod;
  const sidecars = statusesOf(pod, 'initContainerStatuses').filter((status) => isSidecar(pod, status));
  const ready = [
    ...sidecars.filter((status) => status.started === true && status.ready === true),
    ...(isInitializing(pod) ? [] : statusesOf(pod, 'containerStatuses').filter(isReadyAndRunning)),
  ];
  const sidecarCount = pod.spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').length ?? 0;
  return `${ready.length}/${(pod.spec?.containers?.length ?? 0) + sidecarCount}`;
}

/** The pod's phase, or what keeps it from running. */
export function formatPodStatus(object: Manifest): string {
  const pod = object as unknown as Pod;
  const { phase = '', reason, conditions = [] } = pod.status ?? {};
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (reason === 'NodeLost') return 'Unknown';
    if (phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  }
  const isGated = conditions.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  const ofPod = isGated ? 'SchedulingGated' : (reason ?? phase);
  const initReason = initializationReason(pod);
  if (initReason !== undefined && isInitializing(pod)) return initReason;
  return containersReason(pod) ?? initReason ?? ofPod;
}

/** The number of restarts, with the time of the last: `3 (5m ago)`. */
export function formatPodRestarts(object: Manifest, nowMs: number): string {
  const pod = object as unknown as Pod;
  const init = statusesOf(pod, 'initContainerStatuses');
  const counted = isInitializing(pod)
    ? init.slice(0, firstUnfinishedInit(pod) + 1)
    : [...init.filter((status) => isSidecar(pod, status)), ...statusesOf(pod, 'containerStatuses')];
  const restarts = counted.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const last = counted
    .flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? [])
    .sort()
    .at(-1);
  return restarts === 0 || last === undefined ? String(restarts) : `${restarts} (${formatAgeAt(last, nowMs)} ago)`;
}

/** How many of the readiness gates are met: `1/2`. */
export function formatReadinessGates(object: Manifest): string {
  const { spec, status } = object as unknown as Pod;
  const gates = spec?.readinessGates ?? [];
  const met = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'),
  );
  return gates.length === 0 ? '<none>' : `${met.length}/${gates.length}`;
}

function statusesOf(pod: Pod, member: 'initContainerStatuses' | 'containerStatuses'): readonly ContainerStatus[] {
  return pod.status?.[member] ?? [];
}

function isSidecar(pod: Pod, { name }: ContainerStatus): boolean {
  return pod.spec?.initContainers?.find((container) => container.name === name)?.restartPolicy === 'Always';
}

function isReadyAndRunning({ ready, state }: ContainerStatus): boolean {
  return ready === true && state?.running !== undefined;
}

/** The first init container that has not done its part; -1 when all have. */
function firstUnfinishedInit(pod: Pod): number {
  return statusesOf(pod, 'initContainerStatuses').findIndex(
    (status) => status.state?.terminated?.exitCode !== 0 && !(isSidecar(pod, status) && status.started === true),
  );
}

function isInitializing(pod: Pod): boolean {
  const isInitialized = pod.status?.conditions?.some((c) => c.type === 'Initialized' && c.status === 'True') === true;
  return firstUnfinishedInit(pod) >= 0 && !isInitialized;
}

function initializationReason(pod: Pod): string | undefined {
  const index = firstUnfinishedInit(pod);
  const state = statusesOf(pod, 'initContainerStatuses')[index]?.state;
  if (index < 0) return undefined;
  if (state?.terminated !== undefined) return `Init:${endingReason(state.terminated)}`;
  const waiting = state?.waiting?.reason ?? '';
  if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
  return `Init:${index}/${pod.spec?.initContainers?.length ?? 0}`;
}

function containersReason(pod: Pod): string | undefined {
  const statuses = statusesOf(pod, 'containerStatuses');
  const reasons = statuses.map(({ state }) => {
    if ((state?.waiting?.reason ?? '') !== '') return state?.waiting?.reason;
    return state?.terminated === undefined ? undefined : endingReason(state.terminated);
  });
  const reason = reasons.find((found) => found !== undefined);
  if (reason !== 'Completed') return reason;
  const isRunning = statuses.some(isReadyAndRunning);
  const isReady = pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;
  if (isRunning && isReady) return 'Running';
  const failed = statuses.findIndex(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  return failed >= 0 ? reasons[failed] : isRunning ? 'NotReady' : reason;
}

function endingReason({ reason = '', signal = 0, exitCode = 0 }: Ending): string {
  if (reason !== '') return reason;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}
