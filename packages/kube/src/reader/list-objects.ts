import {
  apiVersionOf,
  AppError,
  eitherSignal,
  ListCutter,
  type ListBatch,
  type ListMetadata,
  type ListRequest,
  type RawObject,
} from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';
import { query, resourcePath } from './resource-path.ts';

/** As kubectl. Larger pages are no faster on a real API server, and a page is what a cut connection costs. */
const defaultChunkSize = 500;

/**
 * All objects of the request, each exactly once, in the server's order, cut out of the pages while these arrive.
 *
 * A page is asked for as soon as the one before it has told where it begins, where the request spares one for that, and
 * then waits in the socket's buffers. See `ClusterReader.list` for what callers rely on.
 */
export async function* listObjects(connection: Connection, request: ListRequest): AsyncGenerator<ListBatch, void> {
  const stop = new AbortController();
  const signal = eitherSignal(request.signal, stop.signal);
  const open = new Set<AsyncGenerator<PageBatch, ListMetadata>>();
  const startPage = (token: string | undefined) => {
    const rest = readPage(connection, { ...request, signal }, token);
    const first = rest.next();
    open.add(rest);
    // Its failure is met when the page's turn comes, or never.
    first.catch(() => undefined);
    return { token, first, rest };
  };

  /** Whether a page is asked for by a request that was spared for it. */
  let isAhead = false;
  const mayAskAhead = (): boolean => {
    isAhead = request.spare?.take() === true;
    return isAhead || request.spare === undefined;
  };
  const catchUp = (): void => {
    if (isAhead) request.spare!.giveBack();
    isAhead = false;
  };

  let revision: string | undefined;
  let page: ReturnType<typeof startPage> | undefined = startPage(undefined);
  try {
    while (page !== undefined) {
      const { token, first, rest } = page;
      page = undefined;
      for (let step = await first; ; step = await rest.next()) {
        const { objects, metadata } = step.done === true ? { objects: [], metadata: step.value } : step.value;
        const next = metadata?.continue;
        if (next !== undefined && next === token) {
          throw new AppError('CLUSTER_PROTOCOL', `the pages of the list of ${request.type.plural} go round in circles`);
        }
        if (next !== undefined && page === undefined && (step.done === true || mayAskAhead())) page = startPage(next);
        const isNews = metadata?.resourceVersion !== undefined && metadata.resourceVersion !== revision;
        if (isNews) revision = metadata.resourceVersion;
        if (objects.length > 0 || isNews) yield isNews ? { objects, revision } : { objects };
        if (step.done === true) break;
      }
      open.delete(rest);
      catchUp();
    }
  } finally {
    stop.abort();
    catchUp();
    for (const rest of open) rest.return({}).catch(() => undefined);
  }
}

interface PageBatch {
  readonly objects: readonly RawObject[];
  /** The page's own, once it is known. */
  readonly metadata: ListMetadata | undefined;
}

/** The objects of one page; when its connection is cut, it is asked for again and goes on where it broke off. */
async function* readPage(
  connection: Connection,
  request: ListRequest,
  token: string | undefined,
): AsyncGenerator<PageBatch, ListMetadata> {
  const { type } = request;
  let cutter!: ListCutter;
  let metadata: ListMetadata | undefined;
  /** The revision of what was delivered, which a repeated page must have as well. */
  let pinned: string | undefined;
  let delivered = 0;
  let lastDelivered: RawObject['name'] | undefined;
  /** How many objects this attempt has brought, and how many those before it. */
  let arrived = 0;
  let arrivedBefore = 0;

  const begin = () => {
    if (delivered > 0) {
      pinned ??= metadata?.resourceVersion ?? (token === undefined ? request.revision : undefined);
      if (pinned === undefined && token === undefined) {
        throw new AppError(
          'CLUSTER_UNREACHABLE',
          `the list of ${type.plural} was cut off, and without a revision it cannot go on`,
        );
      }
    }
    cutter = new ListCutter({ apiVersion: apiVersionOf(type), kind: type.kind });
    metadata = undefined;
    arrived = 0;
    arrivedBefore = delivered;
    return { path: pagePath(request, token, pinned), signal: request.signal };
  };

  const checkRevision = ({ resourceVersion }: ListMetadata): void => {
    if (pinned !== undefined && resourceVersion !== pinned) throw changed(type.plural);
  };

  for await (const chunk of connection.stream({ begin, hasProgressed: () => delivered > arrivedBefore })) {
    let objects = cutter.push(chunk);
    if (metadata === undefined) {
      metadata = cutter.head();
      // Lists of custom resources tell it only at their end.
      if (metadata?.resourceVersion !== undefined) checkRevision(metadata);
    }
    arrived += objects.length;
    if (arrived - objects.length < delivered) {
      const known = Math.min(delivered - (arrived - objects.length), objects.length);
      if (arrived >= delivered && objects[known - 1]!.name !== lastDelivered) throw changed(type.plural);
      objects = objects.slice(known);
    }
    if (objects.length === 0) continue;
    delivered = arrived;
    lastDelivered = objects.at(-1)!.name;
    yield { objects, metadata };
  }
  const whole = cutter.end();
  checkRevision(whole);
  if (arrived < delivered) throw changed(type.plural);
  return whole;
}

function changed(plural: string): AppError {
  const message = `the list of ${plural} was cut off and had changed when it was asked for again`;
  return new AppError('CLUSTER_PROTOCOL', message, { hint: 'run the command again' });
}

/**
 * Only the first page names a revision: a continue token carries its own, and the server refuses both at once.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
function pagePath(request: ListRequest, token: string | undefined, pinned: string | undefined): string {
  const revision = token === undefined ? (pinned ?? request.revision) : undefined;
  return (
    resourcePath(request.type, request.namespace) +
    query({
      limit: request.chunkSize ?? defaultChunkSize,
      labelSelector: request.labelSelector,
      fieldSelector: request.fieldSelector,
      continue: token,
      resourceVersion: revision,
      resourceVersionMatch: revision && 'Exact',
    })
  );
}
