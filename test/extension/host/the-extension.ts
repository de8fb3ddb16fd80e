import * as vscode from 'vscode';

/** A row of the Backups view, as far as the tests look at it. */
export interface Row {
  readonly kind: string;
}

/** The rows of a view. */
interface Tree {
  children(node?: Row): Promise<readonly Row[]>;
  view(node: Row): { readonly label: string; readonly accessibleName: string };
}

/** What `activate` returns, written down once more: a change of it is a change for others. */
export interface Api {
  readonly activationMs: number;
  readonly backups: Tree;
  readonly restores: Tree;
  context(): Promise<string | undefined>;
}

/** The extension under test. */
export function theExtension(): vscode.Extension<Api> {
  const extension = vscode.extensions.getExtension<Api>('infrabackup.vscode-infrabackup');
  if (extension === undefined) throw new Error('the extension is not installed');
  return extension;
}

/** The row at the end of a way of labels from the root of the Backups view. */
export async function findRow(api: Api, ...labels: readonly string[]): Promise<Row> {
  let found: Row | undefined;
  for (const label of labels) {
    const rows = await api.backups.children(found);
    const shown = rows.map((row) => api.backups.view(row).label);
    found = rows[shown.indexOf(label)];
    if (found === undefined) throw new Error(`there is no row ${label}; there are ${shown.join(', ')}`);
  }
  if (found === undefined) throw new Error('no way was given');
  return found;
}

/** Resolves when the condition holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`after 15 s it is not so that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
