import { expect, test } from 'vitest';
import { apiError, isNotFound } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';

const asker = { server: 'https://x', userName: 'jane', flags: ' --context dev' };
const statusBody = (reason: string, message: string): Buffer =>
  Buffer.from(JSON.stringify({ kind: 'Status', reason, message }));

function explain(
  request: ApiRequest,
  statusCode: number,
  body: Buffer,
): { code: string; message: string; hint?: string } {
  const { code, message, hint } = apiError(request, statusCode, body, asker);
  return { code, message, ...(hint !== undefined && { hint }) };
}

test.each<[number, Buffer, string, RegExp]>([
  [401, statusBody('Unauthorized', 'Unauthorized'), 'CLUSTER_UNAUTHORIZED', /does not accept our credential/],
  [403, statusBody('Forbidden', 'pods is forbidden: because'), 'CLUSTER_FORBIDDEN', /pods is forbidden: because/],
  [404, statusBody('NotFound', 'not found'), 'CLUSTER_ERROR', /has no such thing/],
  [404, Buffer.from('404 page not found\n'), 'CLUSTER_ERROR', /is no API server/],
  [302, Buffer.from('<a href>'), 'CLUSTER_PROTOCOL', /redirect/],
  [410, statusBody('Expired', 'The provided continue parameter is too old'), 'CLUSTER_REVISION_GONE', /no longer kept/],
  [400, statusBody('Expired', 'too old resource version'), 'CLUSTER_REVISION_GONE', /no longer kept/],
  [422, statusBody('Invalid', 'no'), 'CLUSTER_ERROR', /refused: no/],
  [429, Buffer.from('Too many requests'), 'CLUSTER_ERROR', /too busy/],
  [500, Buffer.from('<html>'), 'CLUSTER_ERROR', /failed \(GET \/api\/v1\/pods, status 500\)$/],
  [
    400,
    Buffer.from('Client sent an HTTP request to an HTTPS server.\n'),
    'CLUSTER_ERROR',
    /refused: Client sent an HTTP/,
  ],
  [504, statusBody('Timeout', 'Too large resource version'), 'CLUSTER_TIMEOUT', /ran out of time: Too large/],
])('status %i is explained', (statusCode, body, code, message) => {
  const error = explain({ path: '/api/v1/pods?limit=1' }, statusCode, body);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test.each<[ApiRequest, string]>([
  [{ path: '/api/v1/secrets?limit=500' }, 'list secrets -A'],
  [{ path: '/api/v1/namespaces/shop/secrets' }, 'list secrets -n shop'],
  [{ path: '/apis/apps/v1/namespaces/shop/deployments/web' }, 'get deployments.apps/web -n shop'],
  [{ path: '/apis/apps/v1/deployments?watch=1' }, 'watch deployments.apps -A'],
  [{ path: '/api/v1/namespaces' }, 'list namespaces -A'],
  [{ path: '/api/v1/namespaces/shop' }, 'get namespaces/shop'],
  [{ method: 'POST', path: '/api/v1/namespaces/shop/pods' }, 'create pods -n shop'],
  [{ method: 'PUT', path: '/apis/x.io/v1/things/a' }, 'update things.x.io/a'],
  [{ method: 'PATCH', path: '/apis/x.io/v1/things/a/status' }, 'patch things.x.io/a --subresource=status'],
  [{ method: 'DELETE', path: '/apis/x.io/v1/namespaces/n/things/a' }, 'delete things.x.io/a -n n'],
  [{ method: 'DELETE', path: '/api/v1/namespaces/n/pods' }, 'deletecollection pods -n n'],
  [{ path: '/version' }, 'get /version'],
])('a 403 on %o tells what to type', (request, line) => {
  expect(explain(request, 403, Buffer.from('')).hint).toBe(`kubectl auth can-i ${line} --context dev`);
});

test('an object that does not exist is told from a path that does not', () => {
  const answer = (statusCode: number, body: Buffer) => isNotFound({ statusCode, body, warnings: [] });
  const named = { kind: 'Status', reason: 'NotFound', message: 'configmaps "x" not found', details: { name: 'x' } };
  expect(answer(404, Buffer.from(JSON.stringify(named)))).toBe(true);
  expect(answer(404, statusBody('NotFound', 'the server could not find the requested resource'))).toBe(false);
  expect(answer(404, Buffer.from('404 page not found\n'))).toBe(false);
  expect(answer(403, statusBody('Forbidden', 'no'))).toBe(false);
});
