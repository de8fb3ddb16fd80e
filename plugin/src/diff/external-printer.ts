import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, formatRef, readableTexts } from '@infrabackup/core';
import { paintDiff } from '../render/diff-lines.ts';
import type { Shell } from '../shell.ts';
import { countsLine } from './counts-line.ts';
import type { DiffFrame, DiffItem, DiffPrinter } from './diff-item.ts';

/** What of a word of the command may be a flag of the program; kubectl takes no other either. */
const plainWord = /^[\w-]+$/;

/**
 * Hands the differing objects to a program of the user's own, as `kubectl diff` does: two folders with a file for each
 * object, Secrets masked, readable by nobody else, gone afterwards.
 *
 * Source: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_diff/ (KUBECTL_EXTERNAL_DIFF)
 */
export async function externalPrinter(command: string, frame: DiffFrame, shell: Shell): Promise<DiffPrinter> {
  // mkdtemp makes it for its owner alone.
  const folder = await mkdtemp(join(shell.scratchFolder, 'infrabackup-diff-'));
  const [before, after] = [join(folder, 'LIVE'), join(folder, 'MERGED')];
  await Promise.all([before, after].map((path) => mkdir(path, { mode: 0o700 })));
  const unwritten: string[] = [];
  let files = 0;
  return {
    async add(item) {
      if (!item.differs) return;
      if (item.reason !== undefined) {
        unwritten.push(`# ${item.verdict} ${formatRef(item.ref)}: ${item.reason.text}`);
        return;
      }
      const [left, right] = readableTexts(item.before, item.after, { status: frame.status, crd: item.crd });
      const name = fileName(item, ++files);
      if (item.before !== undefined) await writeFile(join(before, name), left, { mode: 0o600 });
      if (item.after !== undefined) await writeFile(join(after, name), right, { mode: 0o600 });
    },
    async end({ counts }) {
      if (files > 0) await run(command, [before, after], shell);
      await shell.out.write(paintDiff(unwritten, shell.out));
      await shell.err.write(countsLine(counts));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Sorts as the objects come, and is a file name on every system. */
function fileName({ ref: { type, namespace, name } }: DiffItem, place: number): string {
  const words = [type, namespace, name].filter((word) => word !== undefined).join('.');
  return `${String(place).padStart(5, '0')}.${words.replaceAll(/[^\w.-]/g, '_').slice(0, 200)}`;
}

async function run(command: string, folders: readonly string[], shell: Shell): Promise<void> {
  const [program = '', ...words] = command.split(' ').filter((word) => word !== '');
  const flags = words.filter((word) => plainWord.test(word));
  const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    // A terminal is handed on, so that the program may page and colour.
    const stdout = shell.out.isTerminal ? 'inherit' : 'pipe';
    const child = spawn(program, [...flags, ...folders], {
      stdio: ['inherit', stdout, 'inherit'],
      signal: shell.signal,
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ code: exitCode, output: Buffer.concat(chunks).toString() }));
  }).catch((cause: unknown) => {
    throw new AppError('USAGE', `KUBECTL_EXTERNAL_DIFF '${command}' cannot be run: ${(cause as Error).message}`, {
      hint: 'unset KUBECTL_EXTERNAL_DIFF to see the built-in diff',
      cause,
    });
  });
  await shell.out.write(output);
  if (code === null || code > 1) {
    throw new AppError('USAGE', `KUBECTL_EXTERNAL_DIFF '${command}' ended with ${code ?? 'a signal'}`, {
      hint: 'unset KUBECTL_EXTERNAL_DIFF to see the built-in diff',
    });
  }
}
