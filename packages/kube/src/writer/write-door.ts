import {
  AppError,
  parseManifest,
  stringifyExactly,
  type Manifest,
  type Refusal,
  type WriteAnswer,
  type WriteDoor,
  type WriteOptions,
  type WriteRequest,
} from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';
import { parseStatus } from '../http/api-error.ts';
import type { ApiRequest, ApiResponse } from '../http/api-request.ts';
import { query, resourcePath } from '../reader/resource-path.ts';

/** The writing half of the cluster behind the connection. See `ClusterWriter` for what callers rely on. */
export function connectWriter(connection: Connection): WriteDoor {
  return {
    async send(request, dryRun, options) {
      const call = toApiRequest(request, dryRun, options);
      const response = await connection.request(call);
      if (response.statusCode >= 200 && response.statusCode < 300) return done(request, response);
      const status = parseStatus(response.body);
      if (status === undefined) {
        if (response.statusCode === 404) return { kind: 'refused', refusal: notServed };
        // Not the API server speaks, but something before it.
        throw connection.refused(call, response);
      }
      return {
        kind: 'refused',
        refusal: {
          httpStatus: response.statusCode,
          reason: status.reason ?? '',
          message: status.message ?? '',
          causes: (status.details?.causes ?? []).map(({ field = '', reason = '', message = '' }) => {
            return { field, reason, message };
          }),
        },
      };
    },
  };
}

/** For a path that no API is served at, the server answers with plain text. */
const notServed: Refusal = {
  httpStatus: 404,
  reason: 'NotServed',
  message: 'the API server does not serve this type in this version',
  causes: [],
};

/** Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#api-verbs */
function toApiRequest(request: WriteRequest, dryRun: boolean, options: WriteOptions): ApiRequest {
  const { type, namespace, name } = request;
  const object = resourcePath(type, namespace, name);
  const asked = {
    dryRun: dryRun ? 'All' : undefined,
    fieldValidation: request.verb === 'delete' ? undefined : (options.fieldValidation ?? 'Warn'),
    fieldManager: 'fieldManager' in request ? request.fieldManager : undefined,
  };
  // Of what was cut off only reading tells whether it was done; what is only tried is never done.
  const common = { idempotent: dryRun, signal: options.signal };
  switch (request.verb) {
    case 'create':
      return {
        ...common,
        method: 'POST',
        path: resourcePath(type, namespace) + query(asked),
        body: json(request.body),
      };
    case 'apply':
      return {
        ...common,
        method: 'PATCH',
        path: object + query({ ...asked, force: 'true' }),
        contentType: 'application/apply-patch+yaml',
        body: json(request.body),
      };
    case 'update':
      return {
        ...common,
        method: 'PUT',
        path: withSubresource(object, request) + query(asked),
        body: json(request.body),
      };
    case 'patch':
      return {
        ...common,
        method: 'PATCH',
        path: withSubresource(object, request) + query(asked),
        contentType: 'application/merge-patch+json',
        body: json(request.patch),
      };
    case 'delete':
      return {
        ...common,
        method: 'DELETE',
        path: object + query(asked),
        body: json({
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          preconditions: { uid: request.uid, resourceVersion: request.resourceVersion },
          propagationPolicy: request.propagation,
        }),
      };
  }
}

function withSubresource(path: string, { subresource }: { readonly subresource?: string | undefined }): string {
  return subresource === undefined ? path : `${path}/${subresource}`;
}

function json(body: unknown): string {
  return stringifyExactly(body);
}

function done(request: WriteRequest, response: ApiResponse): WriteAnswer {
  const warnings = response.warnings.map(warningText);
  const object = parse(request, response);
  // A deletion that is complete answers with a Status.
  const isStatus = object.kind === 'Status' && object.apiVersion === 'v1';
  return { kind: 'done', object: isStatus ? undefined : object, warnings };
}

function parse(request: WriteRequest, response: ApiResponse): Manifest {
  try {
    return parseManifest(response.body);
  } catch (cause) {
    const what = `${request.type.plural}/${request.name}`;
    throw new AppError('CLUSTER_PROTOCOL', `what the API server answers to a write of ${what} is not JSON`, { cause });
  }
}

/** Source: https://www.rfc-editor.org/rfc/rfc7234#section-5.5 */
function warningText(header: string): string {
  const quoted = /^\d{3} \S+ "(?<text>(?:[^"\\]|\\.)*)"/.exec(header)?.groups?.['text'];
  return quoted === undefined ? header : quoted.replace(/\\(.)/g, '$1');
}
