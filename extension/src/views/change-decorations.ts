import { refKey } from '@infrabackup/core';
import * as vscode from 'vscode';
import { documentScheme, parseDocumentQuery } from '../documents/document-uri.ts';
import type { Preview } from './preview-nodes.ts';
import { verdictViews } from './verdict-view.ts';

/** Badges on objects of backups, and of previews, that an open preview says would change. */
export class ChangeDecorations implements vscode.FileDecorationProvider {
  readonly #previews: () => readonly Preview[];
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.#changed.event;

  constructor(previews: () => readonly Preview[]) {
    this.#previews = previews;
  }

  /** The previews are others. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== documentScheme) return undefined;
    const spec = parseDocumentQuery(uri.query);
    if (spec?.show === 'preview') return this.#decoration(({ plan }) => plan.id === spec.preview, refKey(spec.ref));
    if (spec?.show !== 'whole' || spec.of.from !== 'backup') return undefined;
    const { location, backup, ref } = spec.of;
    return this.#decoration(
      (preview) =>
        preview.kind === 'restore' && preview.location.name === location && preview.plan.backup.name === backup,
      refKey(ref),
    );
  }

  /** The newest of the previews counts. */
  #decoration(isMeant: (preview: Preview) => boolean, key: string): vscode.FileDecoration | undefined {
    const { plan } = this.#previews().findLast(isMeant) ?? {};
    const object = plan?.objects.find(({ ref, source }) => refKey(source ?? ref) === key || refKey(ref) === key);
    if (object === undefined) return undefined;
    const { badge, icon, title } = verdictViews[object.verdict];
    if (badge === undefined) return undefined;
    const colour = icon.colour === undefined ? undefined : new vscode.ThemeColor(icon.colour);
    return new vscode.FileDecoration(badge, title, colour);
  }
}
