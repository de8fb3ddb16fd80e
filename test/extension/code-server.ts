import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../cluster/free-port.ts';
import { createLifeline } from '../cluster/lifeline.ts';
import { runCommand } from '../cluster/run-command.ts';
import type { Editor } from './provision-editor.ts';

/** How an editor is started. */
export interface CodeServerOptions {
  /** Packages of the extensions to install. */
  readonly extensions: readonly string[];
  /** Files of the workspace, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** User settings beside those that make the editor quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether workspaces are trusted without a question; true unless given. */
  readonly trust?: boolean;
  /** Whether tests are run in its extension host; false unless given. */
  readonly hostTests?: boolean;
}

/** A running code-server on the loopback address; gone when this process is. */
export interface CodeServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The workspace. */
  readonly workspace: string;
  /** The user's home folder: state, configuration and all else that the extension keeps. */
  readonly home: string;
  /** The folder of the editor's logs. */
  readonly logs: string;
  /** Sets all settings of the workspace, whose file a running window follows, as it does not that of the user. */
  setWorkspaceSettings(settings: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
}

/** What would cover the window, ask the network, or make pictures differ. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'diffEditor.useInlineViewWhenSpaceIsLimited': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'window.commandCenter': false,
  'git.enabled': false,
};

const startLimitMs = 60_000;

/** Starts code-server with a fresh user folder and workspace, and resolves when it answers. */
export async function startCodeServer(editor: Editor, options: CodeServerOptions): Promise<CodeServer> {
  const lifeline = await createLifeline(join(tmpdir(), 'infrabackup-editor-'));
  const { folder } = lifeline;
  const at = (name: string): string => join(folder, name);
  try {
    const [home, workspace, userData] = [at('home'), at('workspace'), at('user-data')];
    await Promise.all([mkdir(home), mkdir(workspace), mkdir(join(userData, 'User'), { recursive: true })]);
    const settings = {
      ...quietSettings,
      'security.workspace.trust.enabled': options.trust === false,
      ...options.settings,
    };
    await writeFile(join(userData, 'User/settings.json'), JSON.stringify(settings));
    await writeFile(at('config.yaml'), '');
    for (const [name, text] of Object.entries(options.files ?? {})) {
      await mkdir(resolve(workspace, name, '..'), { recursive: true });
      await writeFile(join(workspace, name), text);
    }
    const env = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_DATA_HOME: join(home, '.local/share'),
      XDG_STATE_HOME: join(home, '.local/state'),
      // Without it the page asks a marketplace on the internet.
      EXTENSIONS_GALLERY: JSON.stringify({
        serviceUrl: '',
        itemUrl: '',
        resourceUrlTemplate: '',
        controlUrl: '',
        recommendationsUrl: '',
      }),
      ...options.env,
    };
    const folders = ['--config', at('config.yaml'), '--user-data-dir', userData, '--extensions-dir', at('extensions')];
    const installs = options.extensions.flatMap((extension) => ['--install-extension', extension]);
    if (installs.length > 0) await runCommand(editor.node, [editor.codeServer, ...folders, ...installs], { env });
    const port = await findFreePort();
    const flags = [
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      // A built editor takes tests from the address only with this flag, which old ones do not know.
      ...(options.hostTests === true ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
      ...(options.trust === false ? [] : ['--disable-workspace-trust']),
    ];
    const logFile = at('code-server.log');
    lifeline.start(editor.node, [editor.codeServer, ...folders, ...flags, workspace], { env, logFile });
    const url = `http://127.0.0.1:${port}`;
    await untilHealthy(url, logFile);
    const stop = (): Promise<void> => lifeline.cut();
    return {
      ...{ url, workspace, home, logs: join(userData, 'logs'), stop },
      async setWorkspaceSettings(its) {
        await mkdir(join(workspace, '.vscode'), { recursive: true });
        await writeFile(join(workspace, '.vscode/settings.json'), JSON.stringify(its));
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await lifeline.cut();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function untilHealthy(url: string, logFile: string): Promise<void> {
  const deadlineMs = performance.now() + startLimitMs;
  for (;;) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok === true) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`code-server did not answer at ${url}: ${await readFile(logFile, 'utf8')}`);
    }
    await sleep(100);
  }
}
