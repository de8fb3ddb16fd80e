import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { User } from '../cluster/user.ts';
import type { RunningPlugin } from './plugin.ts';

/** What befalls a request on its way. */
export type Fault =
  /** The server's own refusal; nothing is done. */
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string; readonly retryAfterSeconds?: number }
  /** The connection is cut before the server has the request. */
  | { readonly kind: 'cut-before' }
  /** The server does what it was asked, and its answer is lost. */
  | { readonly kind: 'cut-after' }
  /** The server does what it was asked, and half of its answer arrives. */
  | { readonly kind: 'cut-within' }
  /** The server does what it was asked, and says that it failed. */
  | { readonly kind: 'failed-after' }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** A request on its way to the API server. */
export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  /** How many of this method and path came before. */
  readonly earlier: number;
  /** The token that it proves itself with. */
  readonly token: string;
}

/** Something between clients and an API server that fails as networks and servers do. */
export interface FaultProxy extends AsyncDisposable {
  /** The proxy's user: a kubeconfig that leads through it, with a new token from an exec plugin each time it is asked. */
  readonly user: User;
  /** Decides what befalls each request; nothing at first. */
  fault: (request: PassingRequest) => Fault | undefined;
  /** How many requests something has befallen. */
  befallen: number;
  /** Lists come in pages of no more than this; undefined: as they were asked for. */
  pageSize: number | undefined;
}

/** Starts a proxy to the cluster, which it asks as the cluster administrator. */
export async function startFaultProxy(cluster: Cluster): Promise<FaultProxy> {
  const { certificatePem: cert, keyPem: key } = cluster.clusterAdmin;
  const agent = new Agent({ keepAlive: true, ca: cluster.caPem, cert, key });
  const seen = new Map<string, number>();
  const ask = async (request: IncomingMessage, body: Buffer): Promise<IncomingMessage> => {
    const path = request.url!.replace(/(?<=[?&]limit=)\d+/, (limit) => String(proxy.pageSize ?? limit));
    const { authorization: _proxied, host: _host, ...headers } = request.headers;
    return await new Promise((resolve, reject) => {
      const { method } = request;
      httpsRequest(`${cluster.serverUrl}${path}`, { agent, method, headers }, resolve).on('error', reject).end(body);
    });
  };
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '' } = request;
    const body = await buffer(request);
    const earlier = seen.get(`${method} ${path}`) ?? 0;
    seen.set(`${method} ${path}`, earlier + 1);
    const token = request.headers.authorization ?? '';
    const fault = proxy.fault({ method, path, earlier, token });
    if (fault !== undefined) proxy.befallen++;
    if (fault?.kind === 'refused') refuse(response, fault);
    else if (fault?.kind === 'cut-before') request.socket.destroy();
    else await answer(request, response, body, fault);
  };
  /** The server does it; how much of that the client learns is the fault's. */
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    fault: Fault | undefined,
  ): Promise<void> => {
    if (fault?.kind === 'slow') await sleep(fault.delayMs);
    const upstream = await ask(request, body);
    const whole = await buffer(upstream);
    if (fault?.kind === 'failed-after') {
      refuse(response, { kind: 'refused', code: 500, reason: 'InternalError' });
      return;
    }
    if (fault?.kind !== 'cut-after') response.writeHead(upstream.statusCode!, upstream.headers);
    if (fault?.kind === 'cut-within') {
      await new Promise((resolve) => response.write(whole.subarray(0, whole.length / 2), resolve));
    }
    if (fault?.kind.startsWith('cut') === true) request.socket.destroy();
    else response.end(whole);
  };
  const server = createServer((request, response) => {
    // A client that leaves, or a cluster that has stopped.
    pass(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy: FaultProxy = {
    user: { ...cluster.clusterAdmin, kubeconfigPath: await writeKubeconfig(cluster.folder, url) },
    fault: () => undefined,
    befallen: 0,
    pageSize: undefined,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

/** Kills a command at the first request for which `isMoment` holds, which the server does not get. */
export async function killAt(
  proxy: FaultProxy,
  { process, result }: RunningPlugin,
  isMoment: (request: PassingRequest) => boolean,
): Promise<void> {
  proxy.fault = (request) => {
    if (!isMoment(request)) return undefined;
    process.kill('SIGKILL');
    return { kind: 'cut-before' };
  };
  const { exitCode, stderr } = await result;
  proxy.fault = () => undefined;
  if (exitCode !== undefined) throw new Error(`the command came to its end before it was killed: ${stderr}`);
}

function refuse(response: ServerResponse, { code, reason, retryAfterSeconds }: Fault & { kind: 'refused' }): void {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    message: `${reason}, said the test`,
  };
  response
    .writeHead(code, {
      'content-type': 'application/json',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    })
    .end(JSON.stringify(status));
}

/** Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
async function writeKubeconfig(folder: string, server: string): Promise<string> {
  const plugin = join(folder, 'new-token.sh');
  const apiVersion = 'client.authentication.k8s.io/v1';
  await writeFile(
    plugin,
    `#!/bin/sh\nprintf '{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"token-%s"}}' "$$"\n`,
  );
  await chmod(plugin, 0o700);
  const name = 'through-the-proxy';
  const user = { exec: { apiVersion, command: plugin, interactiveMode: 'Never' } };
  const kubeconfig = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  const path = join(folder, `${name}.kubeconfig`);
  await writeFile(path, JSON.stringify(kubeconfig), { mode: 0o600 });
  return path;
}
