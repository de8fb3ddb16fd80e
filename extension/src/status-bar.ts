import * as vscode from 'vscode';
import { changes, settings } from './settings.ts';
import { statusOf, type LastBackup } from './views/status.ts';

/** The one item in the status bar: the cluster, and how old its last backup is. A click opens the view. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('infrabackup.status', vscode.StatusBarAlignment.Left, 10);
  readonly #nowMs: () => number;
  readonly #subscription: vscode.Disposable;
  #shown: { readonly context: string | undefined; readonly last: LastBackup | undefined } | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#item.name = 'Infrabackup';
    this.#item.command = 'infrabackup.backups.focus';
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (changes(event, 'statusBar')) this.#render();
    });
  }

  /** `last` is undefined where there is no backup. */
  show(context: string | undefined, last: LastBackup | undefined): void {
    this.#shown = { context, last };
    this.#render();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  #render(): void {
    if (this.#shown === undefined || !settings.showStatusBar()) {
      this.#item.hide();
      return;
    }
    const { text, tooltip, severity } = statusOf(this.#shown.context, this.#shown.last, this.#nowMs());
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: tooltip };
    this.#item.backgroundColor =
      severity === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
    this.#item.show();
  }
}
