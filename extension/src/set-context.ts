import * as vscode from 'vscode';

/** What `when` clauses and steps of the walkthrough ask for. */
type ContextName = 'empty' | 'hasBackups' | 'hasContext' | 'hasLooked' | 'isFiltered';

/** Sets what package.json asks for as `infrabackup.NAME`. */
export async function setContext(name: ContextName, value: string | boolean | undefined): Promise<void> {
  await vscode.commands.executeCommand('setContext', `infrabackup.${name}`, value);
}
