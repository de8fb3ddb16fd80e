import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { collectOutput, runCommand } from '../cluster/run-command.ts';
import { goEnv, provisionFolder, requireGo } from '../servers/provision-folder.ts';

/** A program that is built in a copy of its module's source, as `go install` cannot: with replacements and edits. */
export interface GoSource {
  readonly program: string;
  readonly module: string;
  /** Without a leading `v`. */
  readonly version: string;
  /** The program's package in the module: `./cmd/velero`. */
  readonly package: string;
  readonly usualSeconds: number;
  /** Modules in place of those that no proxy has: `k8s.io/cli-runtime=k8s.io/cli-runtime@v0.33.2`. */
  readonly replace?: readonly string[];
  readonly edits?: readonly Edit[];
  /** What else of the source is wanted, files or folders; kept under the same path. */
  readonly keep?: readonly string[];
}

/** A text in a file of the source, and what stands there instead. */
interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The folder with the program, and what is kept of its source: from the cache or built into it. Throws ServerUnavailableError. */
export function provisionFromSource(source: GoSource): Promise<string> {
  const { program, module, version, usualSeconds, replace = [], edits = [], keep = [] } = source;
  const what = `Building ${program} ${version}`;
  return provisionFolder(`${program}-${version}`, what, usualSeconds, async (made, detail) => {
    await requireGo(program);
    const copy = join(made.folder, 'source');
    const go = async (cwd: string, args: readonly string[], onLine?: () => void): Promise<string> => {
      const child = made.start('go', args, { cwd, env: { ...process.env, ...goEnv } });
      return (await collectOutput(child, `go ${args.join(' ')}`, onLine)).stdout;
    };
    const fetched = JSON.parse(await go(made.folder, ['mod', 'download', '-json', `${module}@v${version}`])) as {
      Dir: string;
    };
    // What lies in Go's own cache may not be written.
    await runCommand('cp', ['-R', fetched.Dir, copy]);
    await runCommand('chmod', ['-R', 'u+w', copy]);
    for (const replacement of replace) await go(copy, ['mod', 'edit', '-replace', replacement]);
    for (const edit of edits) await applyEdit(copy, edit);
    let built = 0;
    const flags = ['-v', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', join(made.folder, program)];
    await go(copy, ['build', ...flags, source.package], () => detail(`${++built} packages`));
    for (const path of keep) {
      await mkdir(dirname(join(made.folder, path)), { recursive: true });
      await cp(join(copy, path), join(made.folder, path), { recursive: true });
    }
    await rm(copy, { recursive: true });
  });
}

async function applyEdit(folder: string, { file, from, to }: Edit): Promise<void> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not hold ${from}: the edit is for another release`);
  await writeFile(path, text.replaceAll(from, to));
}
