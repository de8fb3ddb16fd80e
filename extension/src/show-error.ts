import { isAppError } from '@infrabackup/core';
import * as vscode from 'vscode';

/**
 * Tells the user of an error, and the log of all there is to it. A cancel is silent.
 *
 * An expected error shows its message and, as a button, what to do next; a command is typed into a terminal and left
 * for the user to run. Messages hold no secret by the rules of AppError.
 */
export async function showError(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof vscode.CancellationError || isAppError(error, 'CANCELLED')) return;
  const showLog = 'Show Log';
  if (!isAppError(error)) {
    log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const message = `Infrabackup failed unexpectedly: ${error instanceof Error ? error.message : String(error)}`;
    const report = 'Report';
    const choice = await vscode.window.showErrorMessage(message, report, showLog);
    if (choice === report) await vscode.env.openExternal(vscode.Uri.parse(issues));
    else if (choice === showLog) log.show();
    return;
  }
  log.error(`${error.code}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  if (error.cause instanceof Error) log.debug(error.cause.message);
  const { code, hint } = error;
  const settings = settingsFor.get(code);
  const advise =
    settings !== undefined
      ? 'Open Settings'
      : hint === undefined
        ? undefined
        : isCommand(hint)
          ? 'Open in Terminal'
          : 'What to Do';
  const buttons = [...(advise === undefined ? [] : [advise]), showLog];
  const choice = await vscode.window.showErrorMessage(sentence(error.message), ...buttons);
  if (choice === showLog) log.show();
  else if (choice === undefined) return;
  else if (settings !== undefined) await vscode.commands.executeCommand('workbench.action.openSettings', settings);
  else if (hint !== undefined) await follow(hint, error.message);
}

/** Errors whose way out is a setting here, and not the flag that their hint names. */
const settingsFor: ReadonlyMap<string, string> = new Map([
  ['KEY_MISSING', 'infrabackup.encryption'],
  ['KEY_WRONG', 'infrabackup.encryption'],
]);

const issues = 'https://github.com/infrabackup/infrabackup/issues';

/** Whether the hint is a command line, and not a sentence about one. */
function isCommand(hint: string): boolean {
  return /^kubectl [a-z][^,;]*$/.test(hint);
}

async function follow(hint: string, message: string): Promise<void> {
  if (!isCommand(hint)) {
    await vscode.window.showInformationMessage(sentence(message), { modal: true, detail: sentence(hint) });
    return;
  }
  const terminal = vscode.window.createTerminal('infrabackup');
  terminal.show();
  // The user presses Enter, not we.
  terminal.sendText(hint, false);
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(start) ? start : `${start}.`;
}
