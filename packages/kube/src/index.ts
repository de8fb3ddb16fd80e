export { Connection } from './connection/connection.ts';
export type { ConnectionOptions, PluginTerminal } from './connection/connection-options.ts';
export { loadConnection } from './connection/load-connection.ts';
export { connectCluster } from './reader/connect-cluster.ts';
