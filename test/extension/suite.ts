import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, inject, it } from 'vitest';
import { BinariesUnavailableError, defaultVersion, provisionBinaries } from '../cluster/binaries.ts';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { launchBrowser } from './browser.ts';
import { startCodeServer, type CodeServer } from './code-server.ts';
import type { Packages } from './packages.ts';
import { EditorUnavailableError, provisionEditor, type Editor } from './provision-editor.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

/** What an editor suite starts with. */
export interface EditorSuite {
  /** What is installed into the editor; the extension alone unless given. */
  readonly installed?: readonly (keyof Packages)[];
  /** Fills the cluster and the user's data, before the editor starts. */
  readonly prepare: (at: { readonly cluster: Cluster; readonly dataHome: string }) => Promise<void>;
  /** The editor's environment, beyond the kubeconfig of the cluster's administrator. */
  readonly env?: (at: { readonly cluster: Cluster; readonly dataHome: string }) => Promise<Record<string, string>>;
  /** Files of the workspace, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether the workspace is trusted; true unless given. */
  readonly trust?: boolean;
  /** Whether tests are run in the extension host; false unless given. */
  readonly hostTests?: boolean;
}

/** What an editor suite works on, from before its first test until after its last. */
export interface OnEditor {
  readonly cluster: Cluster;
  readonly browser: Browser;
  readonly server: CodeServer;
  /** Where the built-in location lies. */
  readonly dataHome: string;
  /** The window, with the Backups container open. Opened when it is first asked for by a suite that has one. */
  readonly window: Workbench;
}

/** Pictures of windows in which a test failed. */
const failures = join(tmpdir(), 'infrabackup-editor-failures');

/** A suite with a window; see {@link describeWithEditor}. */
export async function describeInWindow(title: string, suite: EditorSuite, body: (on: OnEditor) => void): Promise<void> {
  await describeWithEditor(title, suite, (on) => {
    beforeAll(async () => {
      Object.assign(on, { window: await openWorkbench(on.browser, on.server) });
      await on.window.openBackups();
      if (suite.trust !== false) await on.window.untilTrusted();
    });
    // Each test starts from a window without editors, questions and messages.
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await takePicture(task.name, on);
      await on.window.tidy();
    });
    body(on);
  });
}

/** What a person would look at first. */
async function takePicture(name: string, { window }: OnEditor): Promise<void> {
  await mkdir(failures, { recursive: true });
  const path = join(failures, `${name.replaceAll(/\W+/g, '-').slice(0, 80)}.png`);
  await window.page.screenshot({ path });
  process.stderr.write(`the window of the failed test: ${path}\n`);
}

/**
 * A vitest suite with a control plane, a code-server and a browser of its own, and the extension packaged as users get
 * it.
 *
 * Where the editor or the cluster cannot be had it is skipped and says so by name on stderr; where CI=true it fails.
 */
export async function describeWithEditor(
  title: string,
  { installed = ['extension'], prepare, env, ...started }: EditorSuite,
  body: (on: OnEditor) => void,
): Promise<void> {
  const found = await provision();
  if ('reason' in found) {
    if (process.env['CI'] === 'true') {
      it(title, () => {
        throw found.reason;
      });
      return;
    }
    process.stderr.write(`\nSKIPPED: ${title}\n${found.reason.message}\n\n`);
    describe.skip(title, () => it('needs an editor', () => undefined));
    return;
  }
  describe(title, () => {
    const on = {} as { -readonly [Name in keyof OnEditor]: OnEditor[Name] };
    const packages = inject('packages');
    beforeAll(async () => {
      on.dataHome = await mkdtemp(join(tmpdir(), 'infrabackup-data-'));
      [on.cluster, on.browser] = await Promise.all([startCluster(), launchBrowser(found.editor)]);
      await prepare(on);
      const config = on.cluster.clusterAdmin.kubeconfigPath;
      on.server = await startCodeServer(found.editor, {
        ...started,
        extensions: installed.map((name) => packages[name]),
        env: { KUBECONFIG: config, STUB_KUBECONFIG: config, XDG_DATA_HOME: on.dataHome, ...(await env?.(on)) },
      });
    });
    afterAll(async () => {
      // What did not start has nothing to stop.
      const { browser, server, cluster, dataHome } = on as Partial<OnEditor>;
      await browser?.close();
      await server?.stop();
      await cluster?.stop();
      if (dataHome !== undefined) await rm(dataHome, { recursive: true });
    });
    body(on);
  });
}

async function provision(): Promise<{ readonly editor: Editor } | { readonly reason: Error }> {
  try {
    const editor = await provisionEditor();
    await provisionBinaries(defaultVersion);
    return { editor };
  } catch (error) {
    if (error instanceof EditorUnavailableError || error instanceof BinariesUnavailableError) return { reason: error };
    throw error;
  }
}
