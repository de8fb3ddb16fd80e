import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startHttpProxy, type NetworkDouble } from '../support/network-doubles.ts';
import { runInExtensionHost } from './extension-host.ts';
import { backUpMany } from './many-objects.ts';
import { backUp, changeShop, emptyBulk, openBulk, openShop, shopSelection } from './shop.ts';
import { describeWithEditor } from './suite.ts';

let proxy: NetworkDouble;

await describeWithEditor(
  'the extension in its host',
  {
    installed: ['kubernetesStub'],
    hostTests: true,
    async prepare({ cluster, dataHome }) {
      await openShop(cluster);
      await backUp(cluster, dataHome, 'nightly', shopSelection);
      await changeShop(cluster);
      await backUpMany(dataHome, 'many', 100_000);
      const bulk = ['bulk-50', 'bulk-100', 'bulk-200', 'bulk-400'];
      for (const namespace of bulk) await openBulk(cluster, namespace, Number(namespace.slice('bulk-'.length)));
      await backUp(cluster, dataHome, 'bulky', { rules: [{ includeNamespaces: bulk }] });
      for (const namespace of bulk) await emptyBulk(cluster, namespace);
      proxy = await startHttpProxy();
      const config = await readFile(cluster.clusterAdmin.kubeconfigPath, 'utf8');
      const proxied = config.replace(/"server":/, `"proxy-url": "http://127.0.0.1:${proxy.port}", $&`);
      await writeFile(join(dataHome, 'proxied-kubeconfig'), proxied);
    },
  },
  (on) => {
    afterAll(() => proxy[Symbol.asyncDispose]());

    it('passes the tests that run beside it, where the API of the editor is real', async () => {
      const { exitCode, output } = await runInExtensionHost(on.server, on.browser);
      expect(exitCode, output).toBe(0);
      expect(proxy.asked).toContain(new URL(on.cluster.serverUrl).host);
      const measured = output.split('\n').filter((line) => line.startsWith('measured: '));
      process.stderr.write(`${measured.join('\n')}\n`);
    });
  },
);
