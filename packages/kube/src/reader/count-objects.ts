import type { CountRequest } from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';
import { query, resourcePath } from './resource-path.ts';

/** A list as JSON.parse gives it, as far as counting needs it. */
interface CountedList {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items?: readonly unknown[] | null;
}

/**
 * The metadata alone, which is what the server can leave the rest out of.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
 */
const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** How many objects the request matches: by one small answer, or where a selector hides the rest, by counting pages. */
export async function countObjects(connection: Connection, request: CountRequest): Promise<number> {
  const first = await readPage(connection, request, 1, undefined);
  let count = first.items?.length ?? 0;
  let token = first.metadata?.continue;
  if (!token) return count;
  if (first.metadata?.remainingItemCount !== undefined) return count + first.metadata.remainingItemCount;
  do {
    const page = await readPage(connection, request, 5_000, token);
    count += page.items?.length ?? 0;
    token = page.metadata?.continue;
  } while (token);
  return count;
}

/** The newest revision, as a list of one object tells it; undefined where the API has none. */
export async function readCurrentRevision(connection: Connection, request: CountRequest): Promise<string | undefined> {
  return (await readPage(connection, request, 1, undefined)).metadata?.resourceVersion || undefined;
}

async function readPage(
  connection: Connection,
  request: CountRequest,
  limit: number,
  token: string | undefined,
): Promise<CountedList> {
  const { type, namespace, labelSelector, fieldSelector, signal } = request;
  const path = resourcePath(type, namespace) + query({ limit, labelSelector, fieldSelector, continue: token });
  return (await connection.requestJson({ path, accept: metadataOnly, signal })) as CountedList;
}
