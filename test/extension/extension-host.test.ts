import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCodeServer } from './code-server.ts';
import { runInExtensionHost } from './extension-host.ts';
import { backUp, changeShop, openShop } from './shop.ts';
import { describeOnEditor } from './suite.ts';

await describeOnEditor('the extension in its host', (on) => {
  it('passes the tests that run beside it, where the API of the editor is real', async () => {
    const dataHome = await mkdtemp(join(tmpdir(), 'infrabackup-data-'));
    await openShop(on.cluster);
    await backUp(on.cluster, dataHome, 'nightly', { rules: [{ includeNamespaces: ['shop'] }] });
    await changeShop(on.cluster);
    await using server = await startCodeServer(on.editor, {
      extensions: [on.packages.kubernetesStub],
      env: { KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath, XDG_DATA_HOME: dataHome },
    });
    const { exitCode, output } = await runInExtensionHost(server, on.browser);
    await rm(dataHome, { recursive: true });
    process.stderr.write(`${output}\n`);
    expect(exitCode, output).toBe(0);
  });
});
