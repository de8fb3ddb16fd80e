import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createLifeline } from '../cluster/lifeline.ts';
import { runCommand } from '../cluster/run-command.ts';

/** A folder of another file system, as of a machine far away, mounted here. */
export interface RemoteFolder extends AsyncDisposable {
  readonly folder: string;
}

const sftpServers = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/libexec/sftp-server'];
const startTimeoutMs = 10_000;

/** What is missing for {@link mountSshfs} on this machine; undefined where nothing is. */
export function whyNoSshfs(): string | undefined {
  const isOnPath = (name: string): boolean =>
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
  if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
  if (!isOnPath('sshfs') || !isOnPath('fusermount3')) return 'there is no sshfs (on Debian: apt-get install sshfs)';
  if (!sftpServers.some((path) => existsSync(path))) return 'there is no sftp-server (it comes with OpenSSH)';
  return undefined;
}

/** Mounts a folder by sshfs, without a network between: what sshfs makes of a file system is the same. */
export async function mountSshfs(): Promise<RemoteFolder> {
  const lifeline = createLifeline(await mkdtemp(join(tmpdir(), 'infrabackup-sshfs-')));
  const [far, folder] = [join(lifeline.folder, 'far'), join(lifeline.folder, 'here')];
  await mkdir(far);
  await mkdir(folder);
  const logFile = join(lifeline.folder, 'sshfs.log');
  const sftpServer = sftpServers.find((path) => existsSync(path))!;
  // What would be ssh gets arguments that the server ignores.
  const options = `ssh_command=/bin/sh -c ${sftpServer},auto_unmount`;
  const child = lifeline.start('sshfs', ['-f', `localhost:${far}`, folder, '-o', options], { logFile });
  for (const untilMs = Date.now() + startTimeoutMs; statSync(folder).dev === statSync(far).dev;) {
    if (child.exitCode !== null || Date.now() > untilMs) throw new Error(`sshfs did not mount: see ${logFile}`);
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
