export { Connection } from './connection/connection.ts';
export type { ConnectionOptions, PluginTerminal } from './connection/connection-options.ts';
export { readContexts } from './connection/read-contexts.ts';
export type { KubeContext, KubeContexts } from './connection/read-contexts.ts';
export { loadConnection } from './connection/load-connection.ts';
export { connectCluster } from './reader/connect-cluster.ts';
export { connectRights } from './writer/review-rights.ts';
export { connectWriter } from './writer/write-door.ts';
