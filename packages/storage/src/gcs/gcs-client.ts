import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfCancelled } from '@infrabackup/core';
import type { HttpAgents } from '../http-agents.ts';
import { pauseBeforeRetry } from '../pause-before-retry.ts';
import { retryBroken } from '../retry-broken.ts';
import { SilentServerError } from '../silence.ts';
import type { Authorize } from './google-credentials.ts';

/** An answer that is no success. */
export class GcsError extends Error {
  override readonly name = 'GcsError';
  readonly status: number;
  /** Google's word for it, e.g. `rateLimitExceeded`; empty where the answer has none. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** No credentials could be had, for the reason in its cause. */
export class GoogleCredentialError extends Error {
  override readonly name = 'GoogleCredentialError';

  constructor(cause: unknown) {
    super('no credentials could be had', { cause });
  }
}

/** One request; `path` is below the server, or the whole URL of an upload's session. */
export interface GcsRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Answers beside 2xx that are none of an error. */
  readonly accepts?: readonly number[];
  /** Whether the caller tries again by itself, since it must look how far the server got. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How the client reaches its server. */
export interface GcsClientOptions {
  readonly server: URL;
  readonly agents: HttpAgents;
  readonly authorize: Authorize;
  /** Without a byte in either direction. */
  readonly timeoutMs: number;
}

const maxAttempts = 6;
const longestRetryAfterSeconds = 60;

/** Source: https://cloud.google.com/storage/docs/retry-strategy */
const retriedStatuses = new Set([408, 429, 500, 502, 503, 504]);
const retriedReasons = new Set(['rateLimitExceeded', 'userRateLimitExceeded']);

/**
 * Sends requests to Google Cloud Storage's JSON API, again where that may help: other attempts after failures of the
 * connection and answers that pass, and new credentials after a 401, once. Throws GcsError and Node's errors.
 */
export class GcsClient {
  readonly #options: GcsClientOptions;
  /** Whether the last answer was that the credentials are not good any more. */
  #isRejected = false;

  constructor(options: GcsClientOptions) {
    this.#options = options;
  }

  /** The answer, whose body the caller reads to its end or destroys. */
  async send(request: GcsRequest): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      throwIfCancelled(request.signal);
      try {
        return await this.#attempt(request);
      } catch (error) {
        const isRejectedAnew = error instanceof GcsError && error.status === 401 && !this.#isRejected;
        if (isRejectedAnew) this.#isRejected = true;
        const mayPass = isRejectedAnew || (request.once !== true && canRetry(error));
        if (!mayPass || attempt === maxAttempts || request.signal?.aborted === true) throw error;
        if (!isRejectedAnew) await pauseBeforeRetry(attempt, request.signal);
      }
    }
  }

  /** The answer's body as JSON, asked for again where it breaks off: only for what may be asked twice. */
  async json<T>(request: GcsRequest): Promise<T> {
    const attempt = async (): Promise<Buffer> => buffer(await this.send({ ...request, once: true }));
    const body = await retryBroken(attempt, canRetry, request.signal);
    return JSON.parse(body.toString()) as T;
  }

  /** Sends what has no answer worth reading. */
  async done(request: GcsRequest): Promise<void> {
    await buffer(await this.send(request));
  }

  async #attempt({
    method,
    path,
    query = {},
    headers = {},
    body,
    accepts = [],
    signal,
  }: GcsRequest): Promise<IncomingMessage> {
    const { server, agents, authorize, timeoutMs } = this.#options;
    const url = new URL(path, server);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const credentials = await authorize(this.#isRejected).catch((error: unknown) => {
      throw new GoogleCredentialError(error);
    });
    const isSecure = url.protocol === 'https:';
    const options = {
      method,
      headers: { ...credentials, ...headers, 'content-length': body?.length ?? 0 },
      agent: isSecure ? agents.httpsAgent : agents.httpAgent,
      timeout: timeoutMs,
      ...(signal !== undefined && { signal }),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = (isSecure ? requestHttps : requestHttp)(url, options, resolve);
      sent.on('timeout', () => sent.destroy(new SilentServerError(timeoutMs)));
      sent.on('error', reject);
      sent.end(body);
    });
    const { statusCode: status = 0 } = response;
    if (status < 300 || accepts.includes(status)) {
      this.#isRejected = false;
      return response;
    }
    const retryAfterSeconds = Number(response.headers['retry-after'] ?? 0);
    const failure = parseFailure(status, (await buffer(response)).toString());
    if (retryAfterSeconds > 0 && canRetry(failure)) await waitFor(retryAfterSeconds, signal);
    throw failure;
  }
}

/** Whether another attempt may succeed: the connection failed, or the server says that it is a matter of time. */
export function canRetry(error: unknown): boolean {
  if (error instanceof GcsError) return retriedStatuses.has(error.status) || retriedReasons.has(error.reason);
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN)$/.test(code);
}

/** Whether the connection failed: the server's own errors come before the first byte. */
export function isBrokenConnection(error: unknown): boolean {
  return !(error instanceof GcsError) && canRetry(error);
}

async function waitFor(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  const waitMs = 1_000 * Math.min(seconds, longestRetryAfterSeconds);
  await sleep(waitMs, undefined, signal && { signal }).catch(() => undefined);
}

/** The error of a JSON answer: https://cloud.google.com/storage/docs/json_api/v1/status-codes */
function parseFailure(status: number, text: string): GcsError {
  try {
    const { error } = JSON.parse(text) as { error: { message?: string; errors?: readonly { reason?: string }[] } };
    return new GcsError(status, error.errors?.[0]?.reason ?? '', error.message ?? `HTTP ${status}`);
  } catch {
    // A proxy's page, or a plain sentence.
    return new GcsError(status, '', text.trim().split('\n', 1)[0]!.slice(0, 200) || `HTTP ${status}`);
  }
}
