import type { NetworkFailure } from './network-failure.ts';

/** What went wrong with one attempt. */
export type Setback =
  | { readonly kind: 'status'; readonly statusCode: number; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'network'; readonly fate: NetworkFailure['fate'] };

/** What the decision rests on, beside the setback. */
export interface RetryContext {
  /** Whether carrying the request out twice does what once does. */
  readonly idempotent: boolean;
  /** Whether the server has answered before: then it is worth waiting for, else a wrong address is the likelier. */
  readonly reached: boolean;
  /** Setbacks of this request before this one, throttling left out. */
  readonly failures: number;
  /** How long this request has waited on throttling. */
  readonly throttledMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** After half a minute of failures in a row the trouble is not one that passes by itself. */
const maxFailures = 6;
/** Priority and fairness asks for a second at a time; a server that throttles for longer is not going to serve. */
const throttlePatienceMs = 180_000;
const firstDelayMs = 400;
const longestDelayMs = 10_000;

/**
 * How long to wait before the next attempt; undefined when there should be none.
 *
 * 429 says that nothing was done, and 503 with Retry-After the same; the other 5xx and cut connections may have come
 * after the deed, so only idempotent requests are repeated.
 *
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ and
 * https://github.com/kubernetes/client-go/blob/v0.36.3/rest/with_retry.go
 */
export function planRetry(setback: Setback, context: RetryContext): number | undefined {
  const asked = setback.kind === 'status' ? setback.retryAfterMs : undefined;
  if (setback.kind === 'status' && setback.statusCode === 429) {
    return context.throttledMs < throttlePatienceMs ? spread(asked ?? 1_000, context.random) : undefined;
  }
  if (context.failures >= maxFailures || !mayRepeat(setback, context)) return undefined;
  const backoffMs = Math.min(firstDelayMs * 2 ** context.failures, longestDelayMs);
  return asked === undefined ? backoffMs * (0.5 + context.random / 2) : spread(asked, context.random);
}

function mayRepeat(setback: Setback, { idempotent, reached, failures }: RetryContext): boolean {
  if (setback.kind === 'network') {
    if (setback.fate === 'unsent') return reached;
    // A second silence on a fresh connection is no accident of the first.
    return idempotent && (setback.fate === 'cut' || (setback.fate === 'slow' && failures === 0));
  }
  if (setback.statusCode === 503 && setback.retryAfterMs !== undefined) return true;
  return idempotent && [500, 502, 503, 504].includes(setback.statusCode);
}

/** Never earlier than asked, and not all at the same moment. */
function spread(delayMs: number, random: number): number {
  return delayMs + random * Math.max(100, delayMs / 4);
}

/**
 * What a Retry-After header asks for; undefined when it is absent or unreadable.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
