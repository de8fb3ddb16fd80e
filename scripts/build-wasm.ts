/**
 * Compiles the AssemblyScript of packages/core/assembly into modules of TypeScript that hold it. With `--check` it writes
 * nothing and fails when one is stale.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';

const modules = [
  {
    entry: 'packages/core/assembly/deflate/deflate.ts',
    path: 'packages/core/src/archive/deflate-wasm.ts',
    name: 'deflateWasm',
  },
  { entry: 'packages/core/assembly/scan/scan.ts', path: 'packages/core/src/object/scan-wasm.ts', name: 'scanWasm' },
];

/** No runtime: what the code needs has fixed places. SIMD is in every Node that we run on. */
const options = ['--runtime', 'stub', '-O3s', '--noAssert', '--enable', 'simd', '--enable', 'bulk-memory'];

const root = resolve(import.meta.dirname, '..');
const compiler = resolve(root, 'node_modules/assemblyscript/bin/asc.js');

function wasmOf(entry: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'infrabackup-wasm-'));
  try {
    const outFile = join(folder, 'module.wasm');
    const args = [compiler, entry, '--baseDir', root, '--outFile', outFile, ...options];
    execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
    return readFileSync(outFile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const stale: string[] = [];
for (const { entry, path, name } of modules) {
  const file = resolve(root, path);
  const source = `/** Made by \`npm run wasm\` from ${entry}: WebAssembly, in base64. Do not edit. */
export const ${name} = '${wasmOf(entry).toString('base64')}';
`;
  const text = await format(source, { ...(await resolveConfig(file)), parser: 'typescript' });
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) stale.push(path);
}
if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run 'npm run wasm'`);
  process.exit(1);
}
