/** How far planning is. */
export type PlanEvent =
  /** A type of the backup was held against its live objects. */
  | { readonly kind: 'compared'; readonly types: number; readonly ofTypes: number }
  /** Objects that differ were judged. */
  | { readonly kind: 'judged'; readonly objects: number; readonly ofObjects: number };
