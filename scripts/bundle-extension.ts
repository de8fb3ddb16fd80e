/** Bundles the extension into extension/dist: a small entry, and parts that are read when they are first needed. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** Bundles the extension; the size of its files in bytes. */
export async function bundleExtension(): Promise<number> {
  await rm(resolve(root, 'extension/dist'), { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['extension/src/extension.ts'],
    outdir: 'extension/dist',
    bundle: true,
    // Only modules of this format are cut into parts. In one file the clients of all clouds were compiled before anything showed.
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node22.19',
    external: ['vscode'],
    // CommonJS dependencies inside ES modules call require for Node's own modules.
    banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
    // Names stay readable: a stack trace in a bug report must say where.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}
