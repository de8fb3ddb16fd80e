import { errnoOf } from '../disk-error.ts';
import type { Meaning } from '../store-failure.ts';
import { GitFailure } from './git-command.ts';

/** What git, ssh and the usual servers say, and what it means; the first row that fits counts. */
const meanings: readonly (Meaning & { readonly said: RegExp })[] = [
  {
    said: /exceeds .*file size limit|GH001|larger than .*(limit|maximum)|maximum allowed size|returned error: 413/i,
    code: 'STORE_FULL',
    why: 'the server takes no file or push of that size (GitHub: 100 MB a file)',
    hint: 'leave types out of the backup (--exclude-resources), or keep it in another kind of location',
  },
  {
    said: /refusing to update checked out branch|branch is currently checked out/i,
    code: 'STORE_DENIED',
    why: 'the branch is checked out there',
    hint: 'give the location a bare repository (git init --bare), or another branch: ?branch=NAME',
  },
  {
    said: /protected branch|hook declined|GH006|GH013|not allowed to push|\(deny/i,
    code: 'STORE_DENIED',
    why: 'the server takes no push to the branch, which may be protected',
    hint: 'give the location a branch that may be pushed to: ?branch=NAME; or allow it on the server',
  },
  {
    said: /Permission denied \(|Authentication failed|could not read (Username|Password)|terminal prompts disabled|returned error: 401|Invalid username or/i,
    code: 'STORE_CREDENTIALS',
    why: 'the server wants other credentials, or found none',
    hint: 'try it with git itself, whose credential helpers and ssh agent are used: git ls-remote URL',
  },
  {
    said: /Permission to .* denied|returned error: 403|Write access|insufficient permission|dubious ownership|read-only|Permission denied/i,
    code: 'STORE_DENIED',
    hint: 'the credentials are known there and may not do this: give them the right to read and push',
  },
  {
    said: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known/i,
    code: 'STORE_TLS',
    why: "the server's host key is not the one that ssh knows, or it knows none",
    hint: 'compare its fingerprint with what the host publishes, then connect once by hand: ssh -T HOST',
  },
  {
    said: /certificate|\bSSL\b|\bTLS\b/i,
    code: 'STORE_TLS',
    hint: 'give the location ?ca=FILE with the certificate of who signed it',
  },
  {
    said: /repository .*(not found|does not exist)|does not appear to be a git repository|could not be found|returned error: 404/i,
    code: 'STORE_MISSING',
    why: 'there is no such repository, or not for these credentials',
    hint: 'make an empty repository first; the branch need not exist',
  },
  {
    said: /No space left on device|quota exceeded/i,
    code: 'STORE_FULL',
    hint: 'free space there or in the cache folder',
  },
];

/** What an error of git means; undefined for what is not known, as networks that fail. */
export function meaningOfGit(error: Error): Meaning | undefined {
  if (errnoOf(error) === 'ENOENT') {
    return {
      code: 'USAGE',
      why: 'it takes git, and there is no such command on the PATH',
      hint: 'install git: https://git-scm.com',
    };
  }
  if (!(error instanceof GitFailure)) return undefined;
  return meanings.find(({ said }) => said.test(error.said));
}

/** Whether trying again may help: the network failed, or the server. */
export function isPassing(error: unknown): boolean {
  return error instanceof GitFailure && meaningOfGit(error) === undefined && !isDamage(error);
}

/** Whether a push was refused because somebody else has pushed. */
export function isOvertaken(error: unknown): boolean {
  return (
    error instanceof GitFailure &&
    /\[rejected\]|cannot lock ref|failed to update ref|incorrect old value|reference already exists|stale info/.test(
      error.said,
    )
  );
}

/** Whether the clone on this machine is at fault, and is to be made anew. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof GitFailure)) return false;
  const own = error.said.replaceAll(/^(remote:|!).*$/gm, '');
  return /not a git repository|unable to (read|open|create)|bad (object|tree|config|revision)|not a valid object|corrupt|loose object|inflate|missing (blob|tree|commit)|\.lock'|is not a commit|packfile|pack .* (bad|invalid)|shallow file|cannot lock ref|Could not read [0-9a-f]{40}/i.test(
    own,
  );
}
