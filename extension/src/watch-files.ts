import { unwatchFile, watchFile } from 'node:fs';
import * as vscode from 'vscode';

/** How soon a change is seen. */
const intervalMs = 1_000;

/**
 * Calls back when one of these files appears, changes or goes, until it is disposed.
 *
 * The editor's own watchers say nothing of a file whose folder was not there when they were made, as `~/.kube` and the
 * user's configuration often are not; nor do the system's on network drives.
 */
export function watchFiles(files: readonly string[], onChange: () => void): vscode.Disposable {
  const listener = (): void => onChange();
  for (const file of files) watchFile(file, { interval: intervalMs, persistent: false }, listener);
  return new vscode.Disposable(() => files.forEach((file) => unwatchFile(file, listener)));
}
