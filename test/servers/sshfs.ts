import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createLifeline } from '../cluster/lifeline.ts';
import { runCommand } from '../cluster/run-command.ts';
import { installSystemPackages } from './install-system-packages.ts';
import { ServerUnavailableError } from './provision-folder.ts';

/** A folder of another file system, as of a machine far away, mounted here. */
export interface RemoteFolder extends AsyncDisposable {
  readonly folder: string;
}

const sftpServers = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/libexec/sftp-server'];
const packages = ['sshfs', 'openssh-sftp-server'];
const startTimeoutMs = 10_000;

/** What sshfs and the kernel say where nothing may be mounted, as in many a container. */
const isNotAllowed = /not permitted|permission denied|device not found|no such device/i;

/** Why nothing can be mounted here; undefined where {@link mountSshfs} works. */
export async function whyNoSshfs(): Promise<string | undefined> {
  if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
  try {
    await provisionSshfs();
  } catch (error) {
    if (error instanceof ServerUnavailableError) return error.message;
    throw error;
  }
  let probe: RemoteFolder;
  try {
    probe = await mountSshfs();
  } catch (error) {
    const { message } = error as Error;
    if (isNotAllowed.test(message)) return message;
    throw error;
  }
  await probe[Symbol.asyncDispose]();
  return undefined;
}

async function provisionSshfs(): Promise<void> {
  if (isOnPath('sshfs') && isOnPath('fusermount3') && findSftpServer() !== undefined) return;
  const missing = 'These tests mount a folder by sshfs, which is not here.';
  await installSystemPackages({ packages, usualSeconds: 30, missing }, ServerUnavailableError);
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

function findSftpServer(): string | undefined {
  return sftpServers.find((path) => existsSync(path));
}

/** Mounts a folder by sshfs, without a network between: what sshfs makes of a file system is the same. */
export async function mountSshfs(): Promise<RemoteFolder> {
  const lifeline = await createLifeline(join(tmpdir(), 'infrabackup-sshfs-'));
  const [far, folder] = [join(lifeline.folder, 'far'), join(lifeline.folder, 'here')];
  await mkdir(far);
  await mkdir(folder);
  const logFile = join(lifeline.folder, 'sshfs.log');
  // What would be ssh gets arguments that the server ignores.
  const options = `ssh_command=/bin/sh -c ${findSftpServer()!},auto_unmount`;
  const child = lifeline.start('sshfs', ['-f', `localhost:${far}`, folder, '-o', options], { logFile });
  for (const untilMs = Date.now() + startTimeoutMs; statSync(folder).dev === statSync(far).dev;) {
    if (child.exitCode !== null || Date.now() > untilMs) {
      const said = await readFile(logFile, 'utf8');
      await lifeline.cut();
      throw new Error(`sshfs did not mount: ${said}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await runCommand('fusermount3', ['-u', folder]);
      await lifeline.cut();
    },
  };
}
