import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import type { CodeServer } from './code-server.ts';

/** What the mocha tests in the extension host printed, and whether they passed. */
export interface HostResult {
  readonly exitCode: number;
  readonly output: string;
}

const limitMs = 240_000;

/**
 * Runs the mocha tests of `host/` inside the extension host of an editor, where `vscode` is the real thing.
 *
 * The web workbench takes the tests' path from the payload of its address, as a desktop one does from its command line.
 */
export async function runInExtensionHost(server: CodeServer, browser: Browser): Promise<HostResult> {
  const folder = await mkdtemp(join(tmpdir(), 'infrabackup-host-tests-'));
  try {
    await build({
      entryPoints: [resolve(import.meta.dirname, 'host/run.ts')],
      outfile: join(folder, 'index.cjs'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node22.19',
      external: ['vscode'],
      logLevel: 'error',
    });
    return await driveTests(server, browser, join(folder, 'index.cjs'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function driveTests(server: CodeServer, browser: Browser, tests: string): Promise<HostResult> {
  const page = await browser.newPage();
  try {
    const lines: string[] = [];
    const exited = Promise.withResolvers<number>();
    await page.exposeFunction('codeAutomationLog', (_level: string, args: readonly unknown[]) => {
      lines.push(args.map(String).join(' '));
    });
    await page.exposeFunction('codeAutomationExit', (code: number) => exited.resolve(code));
    const remote = `vscode-remote://${new URL(server.url).host}`;
    const payload = [
      ['extensionDevelopmentPath', `${remote}${resolve(import.meta.dirname, '../../extension')}`],
      ['extensionTestsPath', `${remote}${tests}`],
    ];
    const query = new URLSearchParams({ folder: server.workspace, payload: JSON.stringify(payload) });
    await page.goto(`${server.url}/?${query.toString()}`);
    const timer = setTimeout(() => {
      exited.reject(new Error(`the tests did not end within ${limitMs / 1000} s:\n${lines.join('\n')}`));
    }, limitMs);
    const exitCode = await exited.promise.finally(() => clearTimeout(timer));
    return { exitCode, output: lines.join('\n') };
  } finally {
    await page.close();
  }
}
