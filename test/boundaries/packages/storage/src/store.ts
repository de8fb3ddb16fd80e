// adapters-know-core-only
import { kube } from '../../kube/src/kube.ts';
// client-node-in-kube-only
import type { KubeConfig } from '@kubernetes/client-node';
// yargs-in-plugin-only
import type { Argv } from 'yargs';

export const store = kube;
export type Used = KubeConfig | Argv;
