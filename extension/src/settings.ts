import * as vscode from 'vscode';

const section = 'infrabackup';

/** Every setting of the extension, read when it is asked for, so that a change counts at once. */
export const settings = {
  /** A kubeconfig file, or a list of them as KUBECONFIG has it; undefined takes what kubectl would. */
  kubeconfig: (): string | undefined => read<string>('kubeconfig', '') || undefined,
  /** Files with the user's keys; undefined takes those of the environment. */
  keyFiles: (): { readonly encryptionConfig: string | undefined; readonly ageIdentity: string | undefined } => ({
    encryptionConfig: read<string>('encryption.config', '') || undefined,
    ageIdentity: read<string>('encryption.ageIdentity', '') || undefined,
  }),
  hideNoise: (): boolean => read('diff.hideNoise', true),
  /** How many changes are opened at once at most. */
  openAllLimit: (): number => read('diff.openAllLimit', 200),
  existing: (): 'skip' | 'update' | 'replace' => read('restore.existing', 'update'),
  showStatusBar: (): boolean => read('statusBar.visible', true),
};

/** Whether an event changes one of these settings. */
export function changes(event: vscode.ConfigurationChangeEvent, ...names: readonly string[]): boolean {
  return names.some((name) => event.affectsConfiguration(`${section}.${name}`));
}

function read<T>(name: string, fallback: T): T {
  return vscode.workspace.getConfiguration(section).get<T>(name, fallback);
}
