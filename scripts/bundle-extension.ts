/** Bundles the extension into extension/dist: one file, whose parts run when they are first needed. */
import { resolve } from 'node:path';
import { build } from 'esbuild';

/** Bundles the extension; the file's size in bytes. */
export async function bundleExtension(): Promise<number> {
  const { metafile } = await build({
    absWorkingDir: resolve(import.meta.dirname, '..'),
    entryPoints: ['extension/src/extension.ts'],
    outfile: 'extension/dist/extension.cjs',
    bundle: true,
    // In this format a part that is imported later is in the one file, and run no sooner.
    format: 'cjs',
    platform: 'node',
    target: 'node22.19',
    external: ['vscode'],
    // Names stay readable: a stack trace in a bug report must say where.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}
