import { loadConnection, type Connection, type ConnectionOptions } from '@infrabackup/kube';
import type { User } from '../cluster/user.ts';

/** The product's own connection, as the user of a test cluster and with nothing of this machine's environment. */
export function connectAs(user: User, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const clock = { now: () => Date.now() };
  return loadConnection({ kubeconfig: user.kubeconfigPath, env: {}, clock, random: Math.random, ...options });
}
