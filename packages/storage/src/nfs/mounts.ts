import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { promisify } from 'node:util';

/** A file system of another machine that is mounted here. */
export interface Mount {
  /** `server:/export`. */
  readonly source: string;
  readonly folder: string;
}

/** The NFS mounts of this machine, in the order in which they were made. */
export async function readMounts(): Promise<readonly Mount[]> {
  const linux = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  if (linux !== undefined) return parseMountInfo(linux);
  return parseMountOutput((await promisify(execFile)('mount', [])).stdout);
}

/** Source: proc_pid_mountinfo(5). The fields before the dash are optional. */
export function parseMountInfo(text: string): readonly Mount[] {
  const lines = text.matchAll(/^\d+ \d+ \S+ (\S+) (\S+) .*? - (\S+) (\S+) /gm);
  return Array.from(lines).flatMap(([, root, folder, type, source]) =>
    /^nfs4?$/.test(type!)
      ? { source: posix.join(unescaped(source!), root === '/' ? '' : unescaped(root!)), folder: unescaped(folder!) }
      : [],
  );
}

/** What mount(8) prints on macOS and the BSDs. */
export function parseMountOutput(text: string): readonly Mount[] {
  const lines = text.matchAll(/^(\S+:\/.*) on (\/.*) \(nfs[,)]/gm);
  return Array.from(lines, ([, source, folder]) => ({ source: source!, folder: folder! }));
}

/** Where the path of a server lies on this machine; undefined where it is not mounted. The deepest, latest mount counts. */
export function folderOf(mounts: readonly Mount[], server: string, path: string): string | undefined {
  const wanted = `${server}:${posix.normalize(path)}`;
  const fitting = mounts.filter(
    ({ source }) => wanted === source || wanted.startsWith(`${source.replace(/\/$/, '')}/`),
  );
  const deepest = fitting.reduce<Mount | undefined>(
    (best, mount) => (best === undefined || mount.source.length >= best.source.length ? mount : best),
    undefined,
  );
  return deepest && posix.join(deepest.folder, wanted.slice(deepest.source.length));
}

/** Blanks and the like stand as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
