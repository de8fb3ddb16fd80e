/**
 * Bundles the plugin into plugin/dist: one small entry, and the rest cut so that each verb loads only what it needs.
 *
 * Chunks are written before the entry that leads to them, and stale ones go last, so a plugin started meanwhile works.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type BuildOptions, type OutputFile, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'plugin/dist');

const options = {
  absWorkingDir: root,
  outdir: dist,
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  // Where a package has modules too, what nobody uses of it stays out.
  mainFields: ['module', 'main'],
  target: 'node22.19',
  // Names stay readable: a stack trace in a bug report must say where.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

/** What the entry, or a thread, begins with when it is needed: entries of the other build. */
const lazily = [
  'plugin/src/command-line.ts',
  'plugin/src/completion/complete.ts',
  'plugin/src/diff/text-diff-worker.ts',
];

/** The entry is one file, since each file more costs a tenth of an empty Node's start. */
const leaveLazyImportsAlone: Plugin = {
  name: 'leave-lazy-imports-alone',
  setup: (building) => {
    building.onResolve({ filter: /^\./ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : undefined,
    );
  },
};

/**
 * An import of `node:http` evaluates every name in it, the clients for the web among them: 20 ms, the start of an empty
 * Node once more. A require looks up only what is asked for.
 */
const requireHttp: Plugin = {
  name: 'require-http',
  setup: (building) => {
    const namespace = 'required';
    building.onResolve({ filter: /^(node:)?http$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace } : undefined,
    );
    building.onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: `module.exports = require('${path}')` }));
  },
};

const entry = await build({ ...options, entryPoints: ['plugin/src/main.ts'], plugins: [leaveLazyImportsAlone] });
const rest = await build({
  ...options,
  entryPoints: lazily,
  entryNames: '[name]',
  splitting: true,
  plugins: [requireHttp],
  // yargs measures its help by a library that takes 25 ms to start; this one measures the same, without.
  alias: { 'string-width': 'fast-string-width' },
  // CommonJS dependencies inside ES modules call require for Node's own modules.
  banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
});

await mkdir(dist, { recursive: true });
const files: readonly OutputFile[] = [...rest.outputFiles, ...entry.outputFiles];
for (const { path, contents } of files) {
  const partial = join(dist, `.${basename(path)}.${process.pid}`);
  await writeFile(partial, contents);
  await rename(partial, path);
}
const fresh = new Set(files.map(({ path }) => basename(path)));
for (const name of await readdir(dist)) {
  if (!fresh.has(name)) await rm(join(dist, name), { force: true, recursive: true });
}
