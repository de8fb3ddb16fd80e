/** One row of a tree as it is shown: plain data, so that trees are tested without an editor. */
export interface ItemView {
  /** The same row has the same id after a refresh, so that it keeps its place and state. */
  readonly id: string;
  readonly label: string;
  readonly description?: string | undefined;
  /** Name and value of each line of the tooltip; none: no tooltip. */
  readonly facts?: readonly Fact[] | undefined;
  readonly icon?: ItemIcon | undefined;
  /** Words, each ended by a blank or the end: menus ask for them as `viewItem =~ /\bbackup\b/`. */
  readonly flags: readonly string[];
  readonly expands: 'never' | 'on-demand' | 'at-once';
  /** What a screen reader says: all that label, description and icon tell together. */
  readonly accessibleName: string;
  /** The URI by which decorations find the row. */
  readonly resource?: string | undefined;
  /** Whether the row can be picked, and is. */
  readonly isPicked?: boolean | undefined;
  /** The command that a click runs, with the node as its argument. */
  readonly command?: { readonly id: string; readonly title: string } | undefined;
}

/** A line of a tooltip. */
export type Fact = readonly [name: string, value: string];

/** A codicon, and the theme colour that it takes. */
export interface ItemIcon {
  readonly id: string;
  readonly colour?: string | undefined;
}

/** A tree of nodes of one kind of data. */
export interface TreeModel<Node> {
  /** The children of a node, or of the root. */
  children(node?: Node): Promise<readonly Node[]>;
  view(node: Node): ItemView;
  /** Undefined at the first level. */
  parent(node: Node): Node | undefined;
}
