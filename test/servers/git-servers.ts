import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';
import { installSystemPackages } from './install-system-packages.ts';
import { ServerUnavailableError } from './provision-folder.ts';
import { makeServerCertificate, startServer, type ServerProcess } from './server-process.ts';

/** A server with git repositories, and how they are reached. */
export interface GitServer {
  /** What the driver's process needs in its environment to be let in. */
  readonly env: Readonly<Record<string, string>>;
  /** The same for somebody who may read and not write; absent where the server does not tell people apart. */
  readonly readerEnv?: Readonly<Record<string, string>>;
  /** The same for somebody with a wrong secret, `hunter2`; absent where there is nobody to tell. */
  readonly strangerEnv?: Readonly<Record<string, string>>;
  /** Makes an empty bare repository; returns its folder. */
  makeRepository(name: string): Promise<string>;
  /** A location in a repository, as a user types it. */
  location(name: string, options?: Readonly<Record<string, string>>): string;
  stop(): Promise<void>;
}

/** Git alone. Throws ServerUnavailableError. */
export async function provisionGit(): Promise<void> {
  const { stdout: folder } = await runCommand('git', ['--exec-path']).catch(() => ({ stdout: '' }));
  if (existsSync(join(folder.trim(), 'git-http-backend'))) return;
  const missing = "These tests start git's http-backend, which is not here.";
  await installSystemPackages({ packages: ['git'], usualSeconds: 30, missing }, ServerUnavailableError);
}

/** The path of sshd. Throws ServerUnavailableError. */
export async function provisionSshd(): Promise<string> {
  await provisionGit();
  if (sshdPath() === undefined) {
    const packages = ['openssh-server', 'openssh-client'];
    const missing = 'These tests start sshd, which is not here.';
    await installSystemPackages({ packages, usualSeconds: 30, missing }, ServerUnavailableError);
  }
  return sshdPath()!;
}

/** Repositories in a folder of this machine. */
export async function startGitFolder(): Promise<GitServer> {
  const server = await startServer('git-folder', ({ port }) =>
    // Whatever listens: the folder goes with the process.
    Promise.resolve([process.execPath, '-e', `require('net').createServer().listen(${port}, '127.0.0.1')`]),
  );
  return {
    env: await isolated(server, 'tester'),
    makeRepository: (name) => makeRepository(server, name),
    location: (name, options) => locationOf(`git+file://${server.folder}/repositories/${name}`, options),
    stop: server.stop,
  };
}

/** Git's own http-backend, over TLS and with passwords. */
export async function startGitHttps(): Promise<GitServer> {
  const script = join(import.meta.dirname, 'git-http-backend.ts');
  const server = await startServer('git-https', async ({ port, folder }) => {
    const { certificate, key } = await makeServerCertificate(folder);
    const users = ['tester:a-secret-of-the-tester', 'reader:a-secret-of-the-reader'];
    return [process.execPath, script, String(port), join(folder, 'repositories'), certificate, key, ...users];
  });
  const as = async (user: string, password: string): Promise<Record<string, string>> => {
    const file = join(server.folder, `${user}.credentials`);
    await writeFile(file, `https://${user}:${password}@127.0.0.1%3a${server.port}\n`, { mode: 0o600 });
    const helper = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'credential.helper' };
    return { ...(await isolated(server, user)), ...helper, GIT_CONFIG_VALUE_0: `store --file=${file}` };
  };
  return {
    env: await as('tester', 'a-secret-of-the-tester'),
    readerEnv: await as('reader', 'a-secret-of-the-reader'),
    strangerEnv: await as('stranger', 'hunter2'),
    makeRepository: (name) => makeRepository(server, name),
    location: (name, options) =>
      locationOf(`git+https://127.0.0.1:${server.port}/${name}`, { ca: join(server.folder, 'pki/ca.crt'), ...options }),
    stop: server.stop,
  };
}

/** OpenSSH's server on a port of its own, for one key. */
export async function startGitSsh(sshd: string): Promise<GitServer> {
  const server = await startServer('git-ssh', async ({ port, folder }) => {
    // Where root starts it, it wants its folder; systemd makes that elsewhere.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
    for (const name of ['host', 'user', 'stranger']) {
      await runCommand('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, `${name}_key`)]);
    }
    await runCommand('cp', [join(folder, 'user_key.pub'), join(folder, 'authorized_keys')]);
    const config = [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${folder}/host_key`],
      ...[`AuthorizedKeysFile ${folder}/authorized_keys`, 'PidFile none', 'StrictModes no', 'UsePAM no'],
      ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'AcceptEnv GIT_PROTOCOL'],
      'PermitRootLogin prohibit-password',
    ];
    await writeFile(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
    const hostKey = (await runCommand('cat', [join(folder, 'host_key.pub')])).stdout;
    await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}`);
    return [sshd, '-D', '-e', '-f', join(folder, 'sshd_config')];
  });
  const { folder } = server;
  const as = async (key: string, knownHosts: string): Promise<Record<string, string>> => {
    const options = ['BatchMode=yes', 'IdentitiesOnly=yes', `IdentityFile=${join(folder, key)}`];
    const known = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${join(folder, knownHosts)}`];
    // One connection for all that a key does: making a new one each time takes longer than what is tested.
    const shared = ['ControlMaster=auto', `ControlPath=${join(folder, `${key}.control`)}`, 'ControlPersist=20'];
    const words = [...options, ...known, ...shared].map((option) => `-o ${option}`);
    return { ...(await isolated(server, key)), GIT_SSH_COMMAND: `ssh -F /dev/null ${words.join(' ')}` };
  };
  return {
    env: await as('user_key', 'known_hosts'),
    strangerEnv: await as('stranger_key', 'known_hosts'),
    makeRepository: (name) => makeRepository(server, name),
    location: (name, options) => {
      const user = process.env['USER'] ?? (process.getuid?.() === 0 ? 'root' : 'git');
      return locationOf(`git+ssh://${user}@127.0.0.1:${server.port}${folder}/repositories/${name}`, options);
    },
    stop: server.stop,
  };
}

/** Nothing of who runs the tests: a home, a cache and a configuration of its own. */
async function isolated({ folder }: ServerProcess, user: string): Promise<Record<string, string>> {
  const home = join(folder, 'homes', user);
  await mkdir(home, { recursive: true });
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
}

async function makeRepository({ folder }: ServerProcess, name: string): Promise<string> {
  const repository = join(folder, 'repositories', name);
  await runCommand('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  for (const setting of ['uploadpack.allowFilter', 'http.receivepack']) {
    await runCommand('git', ['-C', repository, 'config', setting, 'true']);
  }
  return repository;
}

function locationOf(uri: string, options: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(options).toString();
  return query === '' ? uri : `${uri}?${query}`;
}

/** By its whole path, without which it does not start. */
function sshdPath(): string | undefined {
  return ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((path) => existsSync(path));
}
