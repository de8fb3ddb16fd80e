/** Packages the extension as users install it, and refuses a package that has grown or lost something. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundleExtension } from './bundle-extension.ts';

const limitBytes = 2_000_000;
const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, 'extension');
const vsix = resolve(folder, '.tsbuild/infrabackup.vsix');
const program = resolve(root, 'node_modules/@vscode/vsce/vsce');

const bundleBytes = await bundleExtension();
mkdirSync(resolve(folder, '.tsbuild'), { recursive: true });
// Its dependencies are in the bundle.
execFileSync(process.execPath, [program, 'package', '--no-dependencies', '--out', vsix], {
  cwd: folder,
  stdio: 'pipe',
});

const { size } = statSync(vsix);
console.log(`${vsix}: ${kilobytes(size)}, of which the bundle is ${kilobytes(bundleBytes)} before compression`);
if (size >= limitBytes) {
  console.error(`the package is larger than ${kilobytes(limitBytes)}`);
  process.exit(1);
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}
