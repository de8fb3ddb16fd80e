import { describe, expect, it } from 'vitest';
import { GitFailure } from './git-command.ts';
import { isDamage, isOvertaken, isPassing, meaningOfGit } from './git-error.ts';

/** As git 2.39, OpenSSH 9.2 and the servers' own documentation have them. */
const said = {
  password: "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://host/x.git/'",
  noPassword: "fatal: could not read Username for 'https://host': terminal prompts disabled",
  key: 'git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.',
  reader:
    "remote: Permission to ann/x.git denied to bob.\nfatal: unable to access 'https://host/': The requested URL returned error: 403",
  gitlab:
    'remote: GitLab: You are not allowed to push code to protected branches on this project.\n ! [remote rejected] main -> main (pre-receive hook declined)',
  host: 'No ED25519 host key is known for host and you have requested strict checking.\nHost key verification failed.',
  certificate:
    "fatal: unable to access 'https://host/': server certificate verification failed. CAfile: none CRLfile: none",
  missing: "remote: Repository not found.\nfatal: repository 'https://host/x.git/' not found",
  size: 'remote: error: GH001: Large files detected.\n! [remote rejected] main -> main (pre-receive hook declined)',
  tooLong: 'error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413',
  full: 'remote: fatal: write error: No space left on device\nerror: remote unpack failed: unpack-objects abnormal exit',
  checkedOut: 'remote: error: refusing to update checked out branch: refs/heads/main',
  away: "fatal: unable to access 'https://host/': Could not resolve host: host",
  timeout: 'ssh: connect to host host port 22: Connection timed out\nfatal: Could not read from remote repository.',
  server: "fatal: unable to access 'https://host/': The requested URL returned error: 502",
  broken: 'fatal: the remote end hung up unexpectedly\nfatal: early EOF',
  behind: '!\tabc:refs/heads/main\t[rejected] (fetch first)\nerror: failed to push some refs',
  raced: "!\tabc:refs/heads/main\t[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
  noClone: "fatal: not a git repository: '/cache/x'",
  cutPack: 'error: packfile ./objects/pack/p.pack does not match index\nfatal: unable to read tree 0123',
} as const;

describe('what git says', () => {
  it.for<[keyof typeof said, string]>([
    ['password', 'STORE_CREDENTIALS'],
    ['noPassword', 'STORE_CREDENTIALS'],
    ['key', 'STORE_CREDENTIALS'],
    ['reader', 'STORE_DENIED'],
    ['gitlab', 'STORE_DENIED'],
    ['checkedOut', 'STORE_DENIED'],
    ['host', 'STORE_TLS'],
    ['certificate', 'STORE_TLS'],
    ['missing', 'STORE_MISSING'],
    ['size', 'STORE_FULL'],
    ['tooLong', 'STORE_FULL'],
    ['full', 'STORE_FULL'],
  ])('of %s means %s, which trying again does not mend', ([name, code]) => {
    const failure = new GitFailure(128, said[name]);
    expect(meaningOfGit(failure)).toMatchObject({ code, hint: expect.any(String) as string });
    expect([isPassing(failure), isOvertaken(failure), isDamage(failure)]).toEqual([false, false, false]);
  });

  it.for<keyof typeof said>(['away', 'timeout', 'server', 'broken'])('of %s may pass', (name) => {
    const failure = new GitFailure(128, said[name]);
    expect([isPassing(failure), isOvertaken(failure), isDamage(failure)]).toEqual([true, false, false]);
  });

  it.for<keyof typeof said>(['behind', 'raced'])('of a push that was %s has it made again', (name) => {
    const failure = new GitFailure(1, said[name]);
    expect([isOvertaken(failure), isDamage(failure)]).toEqual([true, false]);
  });

  it.for<keyof typeof said>(['noClone', 'cutPack'])('of %s has the clone made anew', (name) => {
    const failure = new GitFailure(128, said[name]);
    expect([isDamage(failure), isPassing(failure), isOvertaken(failure)]).toEqual([true, false, false]);
  });

  it('is shown without what a URL may carry, and without advice', () => {
    const url = 'https://ann:hunter2@host/x.git';
    const failure = new GitFailure(128, `warning: x\nfatal: unable to access '${url}/': odd\nhint: do this`);
    expect(failure.message).toBe("fatal: unable to access 'https://host/x.git/': odd");
    expect(failure.said).not.toContain('hunter2');
  });
});
