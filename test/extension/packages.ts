import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';

/** The packages to install into an editor. */
export interface Packages {
  readonly extension: string;
  /** Stands in for the Kubernetes extension. */
  readonly kubernetesStub: string;
}

const root = resolve(import.meta.dirname, '../..');

/** Packages the extension from the sources as they are, and the stub; seconds. */
export async function packageExtensions(): Promise<Packages> {
  await runCommand(process.execPath, [join(root, 'scripts/package-extension.ts')], { cwd: root });
  const kubernetesStub = join(root, 'test/.tsbuild/kubernetes-stub.vsix');
  await mkdir(resolve(kubernetesStub, '..'), { recursive: true });
  const flags = ['package', '--no-dependencies', '--skip-license', '--out', kubernetesStub];
  await runCommand(process.execPath, [join(root, 'node_modules/@vscode/vsce/vsce'), ...flags], {
    cwd: join(import.meta.dirname, 'kubernetes-stub'),
  });
  return { extension: join(root, 'extension/.tsbuild/infrabackup.vsix'), kubernetesStub };
}
