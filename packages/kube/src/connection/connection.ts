import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isAppError, throwIfCancelled, type Clock } from '@infrabackup/core';
import type { ClientCertificate, Credential, CredentialSource } from '../credential/credential.ts';
import { apiError, parseStatus, type Asker } from '../http/api-error.ts';
import type { ApiRequest, ApiResponse } from '../http/api-request.ts';
import { createDial, type Route } from '../http/dial.ts';
import type { Answer } from '../http/exchange.ts';
import { networkFailure } from '../http/network-failure.ts';
import { HeaderError, requestHead } from '../http/request-head.ts';
import { headerOf } from '../http/response-parser.ts';
import { parseRetryAfter, planRetry, type Setback } from '../http/retry-policy.ts';
import { Wires } from '../http/wires.ts';

/** What a {@link Connection} is made from. */
export interface ConnectionParts {
  readonly context: string | undefined;
  readonly namespace: string;
  readonly route: Route;
  readonly credentials: CredentialSource;
  /** On each request: what we are and whom we impersonate. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly asker: Asker;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** An answer that is no success, on its way to the decision whether to ask again. */
class Refusal extends Error {
  readonly response: ApiResponse;
  readonly retryAfterMs: number | undefined;
  readonly credential: Credential;

  constructor(response: ApiResponse, retryAfterMs: number | undefined, credential: Credential) {
    super(`status ${response.statusCode}`);
    this.response = response;
    this.retryAfterMs = retryAfterMs;
    this.credential = credential;
  }
}

/** Whoever reads a stream that may have to begin again. */
export interface StreamSource {
  /** What to ask for; called before each attempt. */
  begin(): ApiRequest;
  /** Whether this attempt has brought what none before it had: then the patience with failures is as on the first. */
  hasProgressed(): boolean;
}

/** What one request has used up of our patience. */
interface Spent {
  failures: number;
  throttledMs: number;
  renewed: boolean;
}

/**
 * One API server as one user: the door that every request goes through. Nothing is sent before the first request.
 *
 * It proves who we are, waits for 429 and 503, repeats what may be repeated, and renews the credential once on 401.
 * Inspecting it shows no secret.
 */
export class Connection {
  /** The server's URL. */
  readonly server: string;
  /** The kubeconfig context; undefined in a pod, or when flags alone name the server. */
  readonly context: string | undefined;
  /** Where commands work that name no namespace. */
  readonly namespace: string;

  readonly #parts: ConnectionParts;
  #wires: { readonly made: Promise<Wires>; readonly certificate: ClientCertificate | undefined } | undefined;
  /** Whether the server has ever answered. */
  #reached = false;

  constructor(parts: ConnectionParts) {
    this.server = parts.asker.server;
    this.context = parts.context;
    this.namespace = parts.namespace;
    this.#parts = parts;
  }

  /**
   * The whole answer, whatever its status (401 excepted), after the retries that it is worth.
   *
   * Throws `CLUSTER_UNREACHABLE`, `CLUSTER_TLS`, `CLUSTER_TIMEOUT`, `CLUSTER_UNAUTHORIZED`, `CLUSTER_PROTOCOL`,
   * `CREDENTIAL_FAILED`, `CANCELLED`. Only an idempotent request is repeated when its connection was cut; another may
   * have been carried out when this throws.
   */
  async request(request: ApiRequest): Promise<ApiResponse> {
    const spent = newlySpent();
    for (;;) {
      try {
        return await readWhole(await this.#attempt(request), this.#parts.requestTimeoutMs);
      } catch (error) {
        if (await this.#isWorthRepeating(error, request, spent)) continue;
        if (error instanceof Refusal && error.response.statusCode !== 401) return error.response;
        throw this.#explain(error, request);
      }
    }
  }

  /**
   * The JSON of a successful answer, trusted to have the shape that the API promises.
   *
   * Throws as {@link request}, and for other answers `CLUSTER_FORBIDDEN`, `CLUSTER_REVISION_GONE`, `CLUSTER_ERROR`.
   */
  async requestJson(request: ApiRequest): Promise<unknown> {
    const response = await this.request(request);
    if (!isSuccess(response.statusCode)) throw this.refused(request, response);
    try {
      return JSON.parse(response.body.toString('utf8'));
    } catch (cause) {
      const path = request.path.split('?')[0]!;
      throw new AppError('CLUSTER_PROTOCOL', `what ${this.server} answers at ${path} is not JSON`, { cause });
    }
  }

  /** The error for an answer that is no success. */
  refused(request: ApiRequest, response: ApiResponse): AppError {
    return apiError(request, response.statusCode, response.body, this.#parts.asker);
  }

  /**
   * The body of a successful answer in chunks, read no faster than asked for.
   *
   * After a cut connection the body starts over from its first byte, see {@link StreamSource}. Leaving the loop early
   * closes the connection. Throws as {@link requestJson}.
   */
  async *stream(source: StreamSource): AsyncGenerator<Buffer, void> {
    let spent = newlySpent();
    for (;;) {
      const request = source.begin();
      try {
        const answer = await this.#attempt(request);
        yield* answer.readBlocks(this.#parts.requestTimeoutMs);
        return;
      } catch (error) {
        if (source.hasProgressed()) spent = newlySpent();
        if (!(await this.#isWorthRepeating(error, request, spent))) throw this.#explain(error, request);
      }
    }
  }

  /** The head of a successful answer. Throws Refusal, AppError, or what the network throws. */
  async #attempt(request: ApiRequest): Promise<Answer> {
    const { route, credentials, requestTimeoutMs, headers } = this.#parts;
    throwIfCancelled(request.signal);
    const credential = await credentials.current(request.signal);
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
    const head = requestHead(request.method ?? 'GET', route.server.pathname.replace(/\/$/, '') + request.path, {
      host: route.server.host,
      ...headers,
      accept: request.accept ?? 'application/json',
      authorization: credential.authorization,
      ...(body !== undefined && {
        'content-type': request.contentType ?? 'application/json',
        'content-length': body.length,
      }),
    });
    const wires = await this.#wiresFor(credential.certificate);
    const answer = await wires.ask({ head, body, signal: request.signal, timeoutMs: requestTimeoutMs });
    this.#reached = true;
    if (isSuccess(answer.head.statusCode)) return answer;
    const refusal = await readWhole(answer, requestTimeoutMs);
    const detailSeconds = parseStatus(refusal.body)?.details?.retryAfterSeconds;
    const retryAfterMs =
      parseRetryAfter(headerOf(answer.head, 'retry-after'), this.#parts.clock.now()) ??
      (detailSeconds === undefined ? undefined : detailSeconds * 1_000);
    throw new Refusal(refusal, retryAfterMs, credential);
  }

  /** A plugin may hand out a new certificate; new connections are then made with it. */
  #wiresFor(certificate: ClientCertificate | undefined): Promise<Wires> {
    if (this.#wires === undefined || this.#wires.certificate !== certificate) {
      const made = createDial(this.#parts.route, certificate).then((dial) => new Wires(dial));
      this.#wires = { made, certificate };
    }
    return this.#wires.made;
  }

  /** Waits as long as it takes to try again; false when that is of no use. */
  async #isWorthRepeating(error: unknown, request: ApiRequest, spent: Spent): Promise<boolean> {
    if (request.signal?.aborted === true) return false;
    if (error instanceof Refusal && error.response.statusCode === 401) {
      if (spent.renewed) return false;
      spent.renewed = true;
      return this.#parts.credentials.renew(error.credential, request.signal);
    }
    const setback = toSetback(error);
    if (setback === undefined) return false;
    const { method = 'GET' } = request;
    const delayMs = planRetry(setback, {
      idempotent: request.idempotent ?? (method !== 'POST' && method !== 'PATCH'),
      reached: this.#reached,
      failures: spent.failures,
      throttledMs: spent.throttledMs,
      random: this.#parts.random(),
    });
    if (delayMs === undefined) return false;
    if (setback.kind === 'status' && setback.statusCode === 429) spent.throttledMs += delayMs;
    else spent.failures++;
    await sleep(delayMs, undefined, { signal: request.signal }).catch(() => undefined);
    throwIfCancelled(request.signal);
    return true;
  }

  /** The error as our callers know it. */
  #explain(error: unknown, request: ApiRequest): unknown {
    if (request.signal?.aborted === true) {
      return isAppError(error, 'CANCELLED')
        ? error
        : new AppError('CANCELLED', 'stopped while the API server was asked', { cause: request.signal.reason });
    }
    if (error instanceof Refusal) return this.refused(request, error.response);
    const { route, asker } = this.#parts;
    if (error instanceof HeaderError) {
      const isCredential = error.header === 'authorization';
      const what = isCredential ? `the credential of user ${asker.userName}` : `what would go out as ${error.header}`;
      return new AppError(
        isCredential ? 'CREDENTIAL_FAILED' : 'USAGE',
        `${what} holds a character that no header can carry`,
      );
    }
    const failure = networkFailure(error);
    if (failure !== undefined) {
      const way = route.proxy === undefined ? '' : ` through the proxy ${withoutPassword(route.proxy)}`;
      const verb = this.#reached ? 'failed' : 'could not be reached';
      return new AppError(failure.code, `the API server ${this.server} ${verb}${way}: ${failure.message}`, {
        hint: failure.code === 'CLUSTER_TLS' ? tlsHint : `kubectl cluster-info${asker.flags}`,
        refs: [this.server],
        cause: error,
      });
    }
    if (route.proxy !== undefined && error instanceof Error && !isAppError(error)) {
      // No cause: what the proxy libraries throw may carry the proxy's password.
      const message = `the proxy ${withoutPassword(route.proxy)} did not connect us to ${this.server}: ${error.message}`;
      return new AppError('CLUSTER_UNREACHABLE', message, { refs: [this.server] });
    }
    return error;
  }
}

const tlsHint = 'look at certificate-authority, tls-server-name and client-certificate: kubectl config view --minify';

function newlySpent(): Spent {
  return { failures: 0, throttledMs: 0, renewed: false };
}

async function readWhole(answer: Answer, timeoutMs: number): Promise<ApiResponse> {
  const { statusCode, headers } = answer.head;
  return { statusCode, warnings: headers.get('warning') ?? [], body: await answer.readAll(timeoutMs) };
}

function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function toSetback(error: unknown): Setback | undefined {
  if (error instanceof Refusal) {
    return { kind: 'status', statusCode: error.response.statusCode, retryAfterMs: error.retryAfterMs };
  }
  const failure = networkFailure(error);
  return failure && { kind: 'network', fate: failure.fate };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
