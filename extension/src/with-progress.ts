import * as vscode from 'vscode';

/** Where progress shows, and as what. */
export interface ProgressOptions {
  readonly title: string;
  /** A view shows a thin bar that cannot be cancelled; a notification can. */
  readonly where: { readonly viewId: string } | 'notification';
}

/** Reports what is going on; the share done counts from 0 to 1. */
export type ShowProgress = (message: string, done?: number) => void;

/** The work's outcome, while progress shows. Cancelling the notification fires the signal; the work must then throw. */
export async function withProgress<T>(
  { title, where }: ProgressOptions,
  work: (signal: AbortSignal, show: ShowProgress) => Promise<T>,
): Promise<T> {
  const location = where === 'notification' ? vscode.ProgressLocation.Notification : where;
  const cancellable = where === 'notification';
  return vscode.window.withProgress({ location, title, cancellable }, async (progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort(new vscode.CancellationError()));
    let shown = 0;
    return work(controller.signal, (message, done) => {
      const increment = done === undefined ? 0 : Math.max(0, done * 100 - shown);
      shown += increment;
      progress.report({ message, ...(done !== undefined && { increment }) });
    });
  });
}
