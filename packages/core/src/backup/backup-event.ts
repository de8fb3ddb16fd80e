import type { BackupWarning, Shortfall } from '../archive/summary.ts';
import type { TypeName } from '../object/resource-type.ts';

/** What happens while a backup is made, for a progress display or a log of machines. Never holds an object's content. */
export type BackupEvent =
  /** The selection is planned: so many types will be listed. */
  | { readonly kind: 'planned'; readonly types: number; readonly revision?: string }
  /** Some objects of a type have arrived; counts are the type's so far. Many a second. */
  | { readonly kind: 'progress'; readonly type: TypeName; readonly objects: number; readonly sizeBytes: number }
  | { readonly kind: 'type-done'; readonly type: TypeName; readonly objects: number; readonly sizeBytes: number }
  /** The revision was compacted away in the middle: everything is read again at a newer one. */
  | { readonly kind: 'restarted'; readonly revision: string }
  | { readonly kind: 'shortfall'; readonly shortfall: Shortfall }
  | { readonly kind: 'warning'; readonly warning: BackupWarning }
  /** All is read; the archive of so many bytes is being written to the location. */
  | { readonly kind: 'writing'; readonly sizeBytes: number };

/** Takes events as they happen; must not throw and should return at once. */
export type ReportBackup = (event: BackupEvent) => void;
