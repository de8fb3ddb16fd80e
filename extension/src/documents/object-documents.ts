import { AppError, formatRef, type ArchiveHeader, type Manifest, type ObjectRef } from '@infrabackup/core';
import { loadAll } from 'js-yaml';
import * as vscode from 'vscode';
import { setContext } from '../set-context.ts';
import { settings } from '../settings.ts';
import { comparedTexts, documentText, summaryText } from './document-text.ts';
import {
  comparedDocuments,
  documentScheme,
  parseDocumentQuery,
  sideTitle,
  type DocumentSpec,
  type Side,
} from './document-uri.ts';
import { outlineOf, type OutlineItem } from './yaml-outline.ts';

/** An object as it is live, and as a restore would leave it; undefined where it does not exist. */
export type ChangeSides = readonly [live: Manifest | undefined, after: Manifest | undefined];

/** Where the sides of documents are read. */
export interface SideReaders {
  backup(location: string, backup: string, ref: ObjectRef): Promise<Manifest | undefined>;
  summary(location: string, backup: string): Promise<ArchiveHeader>;
  live(context: string, ref: ObjectRef): Promise<Manifest | undefined>;
  /** The object before a run changed it; undefined where it was not there. */
  kept(run: string, ref: ObjectRef): Promise<Manifest | undefined>;
  /** Both sides of a planned change; undefined when the preview is closed. */
  preview(id: string, ref: ObjectRef): Promise<ChangeSides | undefined>;
}

/** The two documents of a comparison read each side, and a multi-diff all at once: one reading serves both for so long. */
const sharedMs = 3_000;

/** The read-only YAML documents of objects, with their outline. */
export class ObjectDocuments implements vscode.TextDocumentContentProvider, vscode.DocumentSymbolProvider {
  readonly #readers: SideReaders;
  readonly #onError: (error: unknown) => void;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #reading = new Map<string, Promise<Manifest | undefined>>();
  readonly onDidChange = this.#changed.event;

  constructor(readers: SideReaders, onError: (error: unknown) => void) {
    this.#readers = readers;
    this.#onError = onError;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const spec = parseDocumentQuery(uri.query);
    if (spec === undefined) return '';
    try {
      if (spec.show === 'summary') return summaryText(await this.#readers.summary(spec.location, spec.backup));
      if (spec.show === 'preview') return await this.#previewText(spec);
      const text = await documentText(spec, (side) => this.#read(side), { hideNoise: settings.hideNoise() });
      // The walkthrough hears of commands, but not of those that a click on a row runs.
      setContext('hasLooked', true).catch(this.#onError);
      return text;
    } catch (error) {
      this.#onError(error);
      return `# ${error instanceof Error ? error.message.replaceAll('\n', '\n# ') : String(error)}\n`;
    }
  }

  provideDocumentSymbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
    return outlineOf(document.getText()).map(symbolOf);
  }

  /** Opens the comparison of two sides. */
  async compare(left: Side, right: Side): Promise<void> {
    const [before, after] = comparedDocuments(left, right).map((uri) => vscode.Uri.parse(uri, true));
    const title = `${right.ref.name} (${sideTitle(left)} ↔ ${sideTitle(right)})`;
    await vscode.commands.executeCommand('vscode.diff', before, after, title);
  }

  /** Fills open documents anew, as after a change of settings or of the cluster. */
  refresh(): void {
    this.#reading.clear();
    for (const { uri } of vscode.workspace.textDocuments) if (uri.scheme === documentScheme) this.#changed.fire(uri);
  }

  async #previewText({ preview, side, ref }: Extract<DocumentSpec, { show: 'preview' }>): Promise<string> {
    const sides = await this.#readers.preview(preview, ref);
    if (sides === undefined) return '# This preview is closed: preview again to see what would change.\n';
    const [live, after] = comparedTexts(...sides, { hideNoise: settings.hideNoise() });
    return side === 'live' ? live : after;
  }

  #read(side: Side): Promise<Manifest | undefined> {
    const key = JSON.stringify(side);
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#readNow(side);
      this.#reading.set(key, reading);
      setTimeout(() => this.#reading.delete(key), sharedMs);
    }
    return reading;
  }

  async #readNow(side: Side): Promise<Manifest | undefined> {
    switch (side.from) {
      case 'backup':
        return this.#readers.backup(side.location, side.backup, side.ref);
      case 'live':
        return this.#readers.live(side.context, side.ref);
      case 'kept':
        return this.#readers.kept(side.run, side.ref);
      case 'file':
        return readFile(vscode.Uri.parse(side.file, true), side.kind, side.ref);
    }
  }
}

function symbolOf({ name, detail, startLine, endLine, children }: OutlineItem): vscode.DocumentSymbol {
  const range = new vscode.Range(startLine, 0, endLine, Number.MAX_SAFE_INTEGER);
  const start = new vscode.Range(startLine, 0, startLine, 0);
  const kind = children.length > 0 ? vscode.SymbolKind.Module : vscode.SymbolKind.Field;
  const symbol = new vscode.DocumentSymbol(name === '' ? '-' : name, detail, kind, range, start);
  symbol.children = children.map(symbolOf);
  return symbol;
}

/** The manifest of that object in a file, which may hold several; the only one of its kind and name is taken. */
async function readFile(uri: vscode.Uri, kind: string, { namespace, name, ...ref }: ObjectRef): Promise<Manifest> {
  const text = (await vscode.workspace.openTextDocument(uri)).getText();
  let documents: unknown[];
  try {
    documents = loadAll(text);
  } catch (cause) {
    throw new AppError('USAGE', `${uri.fsPath} is not YAML`, { cause });
  }
  const found = documents.find((document): document is Manifest => {
    const manifest = document as Partial<Manifest> | null | undefined;
    const metadata = manifest?.metadata;
    if (manifest?.kind !== kind || metadata?.name !== name) return false;
    // A file of a chart often leaves the namespace to whoever applies it.
    return metadata.namespace === undefined || metadata.namespace === namespace;
  });
  if (found !== undefined) return found;
  throw new AppError('OBJECT_NOT_FOUND', `${uri.fsPath} has no ${kind} ${formatRef({ ...ref, namespace, name })}`);
}
