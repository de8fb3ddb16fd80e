import {
  parseManifest,
  type ClusterIdentity,
  type ClusterReader,
  type Manifest,
  type ResourceType,
} from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';
import { isNotFound } from '../http/api-error.ts';
import { countObjects, readCurrentRevision } from './count-objects.ts';
import { discover } from './discovery.ts';
import { listObjects } from './list-objects.ts';
import { resourcePath } from './resource-path.ts';

/** The reading half of the cluster behind the connection. Sends nothing by itself. */
export function connectCluster(connection: Connection): ClusterReader {
  return {
    identity: (signal) => readIdentity(connection, signal),
    discover: (signal) => discover(connection, signal),
    list: (request) => listObjects(connection, request),
    count: (request) => countObjects(connection, request),
    currentRevision: (request) => readCurrentRevision(connection, request),
    get: (type, namespace, name, signal) => getObject(connection, type, namespace, name, signal),
  };
}

async function readIdentity(connection: Connection, signal: AbortSignal | undefined): Promise<ClusterIdentity> {
  const [version, uid] = await Promise.all([
    connection.requestJson({ path: '/version', signal }) as Promise<{ readonly gitVersion?: string }>,
    readClusterUid(connection, signal),
  ]);
  return {
    version: version.gitVersion ?? 'unknown',
    server: connection.server,
    ...(uid !== undefined && { uid }),
    ...(connection.context !== undefined && { context: connection.context }),
  };
}

async function readClusterUid(connection: Connection, signal: AbortSignal | undefined): Promise<string | undefined> {
  const request = { path: '/api/v1/namespaces/kube-system', signal };
  const response = await connection.request(request);
  if (response.statusCode === 403 || response.statusCode === 404) return undefined;
  if (response.statusCode !== 200) throw connection.refused(request, response);
  return parseManifest(response.body).metadata.uid;
}

async function getObject(
  connection: Connection,
  type: ResourceType,
  namespace: string | undefined,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Manifest | undefined> {
  const request = { path: resourcePath(type, namespace, name), signal };
  const response = await connection.request(request);
  if (isNotFound(response)) return undefined;
  if (response.statusCode !== 200) throw connection.refused(request, response);
  return parseManifest(response.body);
}
