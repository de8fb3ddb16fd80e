/**
 * Bundles the plugin into plugin/dist: one small entry and a chunk for each thing that is imported when it is needed.
 *
 * Chunks are written before the entry that names them, and stale ones go last, so a plugin started meanwhile works.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'plugin/dist');

const result = await build({
  absWorkingDir: root,
  entryPoints: ['plugin/src/main.ts'],
  outdir: dist,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  // Names stay readable: a stack trace in a bug report must say where.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // CommonJS dependencies inside ES modules call require for Node's own modules.
  banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
  logLevel: 'warning',
});

const files = result.outputFiles
  .map((file) => ({ name: basename(file.path), bytes: file.contents }))
  .sort((a, b) => Number(a.name === 'main.js') - Number(b.name === 'main.js'));

await mkdir(dist, { recursive: true });
for (const { name, bytes } of files) {
  const partial = join(dist, `.${name}.${process.pid}`);
  await writeFile(partial, bytes);
  await rename(partial, join(dist, name));
}
const fresh = new Set(files.map(({ name }) => name));
for (const name of await readdir(dist)) {
  if (!fresh.has(name)) await rm(join(dist, name), { force: true, recursive: true });
}
