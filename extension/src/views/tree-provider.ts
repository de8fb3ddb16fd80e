import * as vscode from 'vscode';
import type { Fact, ItemView, TreeModel } from './item-view.ts';

/** Shows a tree model in a view of the editor. Errors of the model reach `onError`, and the node has no children then. */
export class TreeProvider<Node> implements vscode.TreeDataProvider<Node> {
  readonly #model: TreeModel<Node>;
  readonly #onError: (error: unknown) => void;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(model: TreeModel<Node>, onError: (error: unknown) => void) {
    this.#model = model;
    this.#onError = onError;
  }

  /** Asks the model again: for the children of a node, or for everything. */
  refresh(node?: Node): void {
    this.#changed.fire(node);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return treeItem(this.#model.view(node), node);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    try {
      return [...(await this.#model.children(node))];
    } catch (error) {
      this.#onError(error);
      return [];
    }
  }

  getParent(node: Node): Node | undefined {
    return this.#model.parent(node);
  }
}

const collapsible = {
  never: vscode.TreeItemCollapsibleState.None,
  'on-demand': vscode.TreeItemCollapsibleState.Collapsed,
  'at-once': vscode.TreeItemCollapsibleState.Expanded,
} as const;

function treeItem(view: ItemView, node: unknown): vscode.TreeItem {
  const item = new vscode.TreeItem(view.label, collapsible[view.expands]);
  item.id = view.id;
  item.contextValue = view.flags.join(' ');
  item.accessibilityInformation = { label: view.accessibleName, ...(view.expands === 'never' && { role: 'treeitem' }) };
  if (view.description !== undefined) item.description = view.description;
  if (view.facts !== undefined) item.tooltip = tooltip(view.label, view.facts);
  if (view.icon !== undefined) {
    const { id, colour } = view.icon;
    item.iconPath = new vscode.ThemeIcon(id, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  }
  if (view.resource !== undefined) item.resourceUri = vscode.Uri.parse(view.resource, true);
  if (view.isPicked !== undefined) {
    item.checkboxState = view.isPicked ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
  }
  if (view.command !== undefined) {
    item.command = { command: view.command.id, title: view.command.title, arguments: [node] };
  }
  return item;
}

/** Values come from clusters and files: they are text, never markup. */
function tooltip(label: string, facts: readonly Fact[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString('**').appendText(label).appendMarkdown('**\n\n');
  for (const [name, value] of facts) {
    markdown.appendMarkdown(`*${name}:* `).appendText(value).appendMarkdown('  \n');
  }
  return markdown;
}
