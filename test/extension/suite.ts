import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { BinariesUnavailableError, defaultVersion, provisionBinaries } from '../cluster/binaries.ts';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { launchBrowser } from './browser.ts';
import { packageExtensions, type Packages } from './packages.ts';
import { EditorUnavailableError, provisionEditor, type Editor } from './provision-editor.ts';

/** What an editor suite works on, from before its first test until after its last. */
export interface OnEditor {
  readonly cluster: Cluster;
  readonly editor: Editor;
  readonly browser: Browser;
  readonly packages: Packages;
}

/**
 * A vitest suite with a control plane and a browser of its own, and the extension packaged as users get it.
 *
 * Where the editor or the cluster cannot be had it is skipped and says so by name on stderr; where CI=true it fails.
 */
export async function describeOnEditor(title: string, body: (on: OnEditor) => void): Promise<void> {
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
    const on = { editor: found.editor } as { -readonly [Name in keyof OnEditor]: OnEditor[Name] };
    beforeAll(async () => {
      on.packages = await packageExtensions();
      on.cluster = await startCluster();
      on.browser = await launchBrowser(found.editor);
    });
    afterAll(async () => {
      await on.browser.close();
      await on.cluster.stop();
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
