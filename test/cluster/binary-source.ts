import type { Lifeline } from './lifeline.ts';
import type { RunStep } from './steps.ts';

/** What a control plane is made of, and the client to look at it. */
export const controlPlanePrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;
/** What a node needs besides; had wherever it costs nothing. */
export const nodePrograms = ['kube-scheduler', 'kubelet'] as const;

/** A way to get the programs of a Kubernetes version; returns the reason when this way is closed here. */
export type BinarySource = (request: BinaryRequest) => Promise<undefined | string>;

export interface BinaryRequest {
  /** Without a leading `v`. */
  readonly version: string;
  /** Empty at first; holds the control plane's programs when the source returns undefined. */
  readonly folder: string;
  /** Empty at first; thrown away afterwards. */
  readonly scratch: string;
  readonly runStep: RunStep;
  /** Starts a process that ends with this one. */
  readonly start: Lifeline['start'];
}
