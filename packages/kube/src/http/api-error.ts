import { AppError, type ErrorCode } from '@infrabackup/core';
import type { ApiRequest, ApiResponse } from './api-request.ts';

/**
 * What the API server says when it does not do what it was asked.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export interface ApiStatus {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}

/** Who asked whom, for messages and hints. */
export interface Asker {
  readonly server: string;
  readonly userName: string;
  /** `--context x`, or empty: what a command to type needs to reach the same cluster. */
  readonly flags: string;
}

interface Row {
  readonly when: (statusCode: number, status: ApiStatus | undefined) => boolean;
  readonly code: ErrorCode;
  /** What the message begins with, before the server's own words. */
  readonly says: string;
  readonly hint?: (request: ApiRequest, asker: Asker) => string | undefined;
}

/**
 * The one table of refusals; the first row that fits counts.
 *
 * Source: https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/apis/meta/v1/types.go (StatusReason)
 */
const rows: readonly Row[] = [
  {
    when: (statusCode) => statusCode === 401,
    code: 'CLUSTER_UNAUTHORIZED',
    says: 'the API server does not accept our credential',
    hint: (_, asker) => `log in again, then try: kubectl auth whoami${asker.flags}`,
  },
  {
    when: (statusCode) => statusCode === 403,
    code: 'CLUSTER_FORBIDDEN',
    says: 'the API server does not allow it',
    hint: canIHint,
  },
  {
    when: (statusCode, status) => statusCode === 410 || status?.reason === 'Expired',
    code: 'CLUSTER_REVISION_GONE',
    says: 'the revision that was asked for is no longer kept',
  },
  {
    when: (statusCode) => statusCode >= 300 && statusCode < 400,
    code: 'CLUSTER_PROTOCOL',
    says: 'the answer was a redirect, so this is no API server but something before it',
  },
  {
    when: (statusCode, status) => statusCode === 404 && status === undefined,
    code: 'CLUSTER_ERROR',
    says: 'nothing is served there: the type is gone, or this is no API server',
  },
  { when: (statusCode) => statusCode === 404, code: 'CLUSTER_ERROR', says: 'the API server has no such thing' },
  { when: (statusCode) => statusCode === 429, code: 'CLUSTER_ERROR', says: 'the API server is too busy for us' },
  {
    when: (statusCode, status) => statusCode === 504 || status?.reason === 'Timeout',
    code: 'CLUSTER_TIMEOUT',
    says: 'the API server ran out of time',
  },
  { when: (statusCode) => statusCode >= 500, code: 'CLUSTER_ERROR', says: 'the API server failed' },
  { when: () => true, code: 'CLUSTER_ERROR', says: 'the API server refused' },
];

/** The error for an answer that is no success. */
export function apiError(request: ApiRequest, statusCode: number, body: Buffer, asker: Asker): AppError {
  const status = parseStatus(body);
  const row = rows.find(({ when }) => when(statusCode, status))!;
  const path = request.path.split('?')[0]!;
  const words = status?.message ?? plainWords(body);
  const said = words ? `: ${words}` : '';
  return new AppError(row.code, `${row.says}${said} (${request.method ?? 'GET'} ${path}, status ${statusCode})`, {
    hint: row.hint?.(request, asker),
    refs: [asker.server],
  });
}

/** What a server says that answers with a line of text, as proxies do; empty for pages and the like. */
function plainWords(body: Buffer): string {
  const text = body.toString('utf8').trim();
  return /^[\p{L}\p{N}\p{P}\p{Zs}]{1,200}$/u.test(text) && !/^[<{[]/.test(text) ? text : '';
}

/** The Status object of a body; undefined when it is anything else, such as the page of a proxy. */
export function parseStatus(body: Buffer): ApiStatus | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as ApiStatus | null;
    return typeof value === 'object' && value?.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The line that shows the missing right: verb and resource are the path's, as the API server's authorizer reads it. */
function canIHint(request: ApiRequest, asker: Asker): string | undefined {
  const [path = '', query = ''] = request.path.split('?');
  const target =
    /^\/(?:api\/[^/]+|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/.exec(
      path,
    )?.groups;
  if (target === undefined) return `kubectl auth can-i get ${path}${asker.flags}`;
  const { group, namespace, plural, name, subresource } = target;
  const verb = verbOf(request.method ?? 'GET', name !== undefined, query);
  const resource = group === undefined ? plural! : `${plural!}.${group}`;
  const scope = namespace === undefined ? (name === undefined ? ' -A' : '') : ` -n ${namespace}`;
  const sub = subresource === undefined ? '' : ` --subresource=${subresource}`;
  return `kubectl auth can-i ${verb} ${resource}${name === undefined ? '' : `/${name}`}${sub}${scope}${asker.flags}`;
}

/** Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb */
function verbOf(method: string, named: boolean, query: string): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return named ? 'get' : /(^|&)watch=(1|true)\b/.test(query) ? 'watch' : 'list';
  }
}

/** Whether the answer says that the object does not exist, rather than that nothing is served at its path. */
export function isNotFound({ statusCode, body }: ApiResponse): boolean {
  return statusCode === 404 && parseStatus(body)?.details?.name !== undefined;
}
