import type { ErrorCode } from './codes.ts';

/** What an {@link AppError} is made of, beside its code and message. */
export interface AppErrorDetails {
  /** The next command to type, or the thing to change; absent when there is nothing to advise. */
  readonly hint?: string | undefined;
  /** The objects, backups or files it is about, as they are shown to people. */
  readonly refs?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * An operation that cannot go on, for a reason that lies outside this program.
 *
 * The message says what happened to what, and what now lies in the location or the cluster. Neither message nor hint
 * nor refs ever hold a secret value. Bundles may hold two copies of this class: ask {@link isAppError}, not `instanceof`.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly refs: readonly string[];

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.refs = details.refs ?? [];
  }
}

/** A broken promise inside this program: shown with the place to report it. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** Whether `error` is an {@link AppError}, and, when codes are given, one of those. */
export function isAppError(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
  return (
    error instanceof Error &&
    error.name === 'AppError' &&
    'code' in error &&
    (codes.length === 0 || codes.includes(error.code as ErrorCode))
  );
}

/** Throws `CANCELLED` when the signal has fired; call it between steps that cannot be interrupted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('CANCELLED', 'stopped before it was done', { cause: signal.reason });
}
