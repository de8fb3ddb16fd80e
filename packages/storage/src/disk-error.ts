import { AppError, isAppError } from '@infrabackup/core';
import type { AppErrorDetails, ErrorCode } from '@infrabackup/core';

/** The codes of the operating system that mean more than "it failed". Source: errno(3), `node -p os.constants.errno`. */
const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EFBIG: 'STORE_FULL',
  EACCES: 'STORE_DENIED',
  EPERM: 'STORE_DENIED',
  EROFS: 'STORE_DENIED',
  ENAMETOOLONG: 'USAGE',
  // A file where a folder is meant.
  ENOTDIR: 'USAGE',
  EEXIST: 'USAGE',
};

/** The operating system's code of a failed call, e.g. `ENOENT`; empty for any other error. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The failed call of the operating system as an AppError: `did` says what failed, `left` what now lies there. */
export function diskError(error: unknown, did: string, left?: string): AppError {
  if (isAppError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = codes[errnoOf(error)] ?? 'STORE_UNAVAILABLE';
  return new AppError(code, [`${did}: ${reason}`, left].filter(Boolean).join('; '), { ...hintFor(code), cause: error });
}

function hintFor(code: ErrorCode): Pick<AppErrorDetails, 'hint'> {
  if (code === 'STORE_FULL') return { hint: 'free space there, or name another location with --to' };
  if (code === 'STORE_DENIED') return { hint: 'look at the owner and mode of the folder, or name another location' };
  return {};
}

/** Runs calls of the operating system so that their failures come out as {@link diskError}s. */
export function diskGuard(did: string, left?: string): <T>(call: Promise<T>) => Promise<T> {
  return (call) =>
    call.catch((error: unknown) => {
      throw diskError(error, did, left);
    });
}
