import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from '../cluster/cache-folder.ts';
import { withFileLock } from '../cluster/file-lock.ts';
import { createLifeline } from '../cluster/lifeline.ts';
import { CommandError, collectOutput, runCommand } from '../cluster/run-command.ts';
import { stepsOnStderr } from '../cluster/steps.ts';
import { installSystemPackages } from '../servers/install-system-packages.ts';

/** The editor of the tests. Its DOM is no API, so this is pinned exactly and moves together with the tests' selectors. */
const codeServerVersion = '4.139.1';

/** The programs that an editor test needs. */
export interface Editor {
  /** The script that starts code-server. */
  readonly codeServer: string;
  /** The Node that runs it, and with it the extension host. */
  readonly node: string;
  readonly chromium: string;
}

/** The editor cannot be had here; the message says what to install. */
export class EditorUnavailableError extends Error {
  readonly code = 'EditorUnavailable';
}

/** What the operating system must bring: the browser with a font, and what code-server's native modules are built with. */
const systemPackages = [
  'chromium',
  'fonts-dejavu',
  'g++',
  'libkrb5-dev',
  'libsecret-1-dev',
  'make',
  'pkg-config',
  'python3',
];
const browsers = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The editor and a browser: code-server from the cache, else installed into it with npm (some minutes, shown on stderr).
 *
 * INFRABACKUP_EDITOR names a folder in which npm has installed another code-server, and the Node for it where that is
 * not ours: the oldest that the extension allows, say.
 *
 * Packages of the operating system are installed only where CI=true. Throws EditorUnavailableError, naming the command
 * to type. Two runs at once wait for one another, and a run that is killed leaves no half-filled folder.
 */
export async function provisionEditor(): Promise<Editor> {
  const own = process.env['INFRABACKUP_EDITOR'];
  const folder = own ?? join(cacheFolder(), 'code-server', codeServerVersion);
  const codeServer = join(folder, 'node_modules/code-server/out/node/entry.js');
  await provisionSystemPackages(existsSync(codeServer));
  const ownNode = join(folder, 'node_modules/node/bin/node');
  const node = own !== undefined && existsSync(ownNode) ? ownNode : process.execPath;
  const editor = { codeServer, node, chromium: findBrowser()! };
  if (existsSync(codeServer)) return editor;
  if (own !== undefined) throw new EditorUnavailableError(`INFRABACKUP_EDITOR has no ${codeServer}`);
  await mkdir(dirname(folder), { recursive: true });
  const onWait = (pid: number): void =>
    void process.stderr.write(`Waiting for process ${pid}, which is installing code-server ${codeServerVersion}.\n`);
  await withFileLock(`${folder}.lock`, onWait, async () => {
    if (!existsSync(codeServer)) await installCodeServer(folder);
  });
  return editor;
}

async function provisionSystemPackages(hasCodeServer: boolean): Promise<void> {
  if (findBrowser() !== undefined && (hasCodeServer || (await hasKerberosHeaders()))) return;
  const missing =
    "The editor tests need Chromium, and the first time also what code-server's native modules are built with.";
  await installSystemPackages({ packages: systemPackages, usualSeconds: 90, missing }, EditorUnavailableError);
}

function findBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return browsers.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

async function hasKerberosHeaders(): Promise<boolean> {
  return runCommand('pkg-config', ['--exists', 'krb5', 'libsecret-1']).then(
    () => true,
    () => false,
  );
}

/** Fills a folder aside and moves it into place whole. */
async function installCodeServer(folder: string): Promise<void> {
  const lifeline = await createLifeline(`${folder}.${process.pid}-`);
  try {
    const filled = join(lifeline.folder, 'filled');
    await mkdir(filled);
    await writeFile(join(filled, 'package.json'), '{ "private": true }\n');
    const headers = await findNodeHeaders();
    // What an npm around this one says of its Node would be taken for ours.
    const { npm_config_user_agent: _outer, ...outside } = process.env;
    const env = {
      ...outside,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      // Without it node-gyp fetches the headers of this Node from nodejs.org.
      ...(headers !== undefined && { npm_config_nodedir: headers }),
    };
    const args = ['install', '--no-audit', '--no-fund', '--foreground-scripts', `code-server@${codeServerVersion}`];
    await stepsOnStderr(`Installing code-server ${codeServerVersion} with npm`, 150, () =>
      collectOutput(lifeline.start('nice', ['npm', ...args], { cwd: filled, env }), `npm ${args.join(' ')}`),
    );
    await rename(filled, folder);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new EditorUnavailableError(`code-server ${codeServerVersion} could not be installed: ${error.message}`);
  } finally {
    await lifeline.cut();
    await rm(lifeline.folder, { recursive: true, force: true });
  }
}

/** Where the headers of the running Node lie: beside it, or in the package that the `node` npm package installs. */
async function findNodeHeaders(): Promise<string | undefined> {
  const home = dirname(dirname(process.execPath));
  const modules = join(home, 'node_modules');
  const nested = existsSync(modules) ? (await readdir(modules)).map((name) => join(modules, name)) : [];
  return [home, ...nested].find((folder) => existsSync(join(folder, 'include/node/node.h')));
}
