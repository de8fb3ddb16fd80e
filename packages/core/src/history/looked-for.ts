import type { BackupHeader } from '../archive/summary.ts';
import { isAppError } from '../errors/app-error.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import { selectStored } from '../select/select-stored.ts';

/**
 * Whether the object would be in the backup if it had existed: only then does its absence say that it did not.
 *
 * False where the backup's selection leaves it out or asks for labels, which are not known of an object that is not
 * there, and where its type was not served, not selected or not listed.
 */
export function wasLookedFor(header: BackupHeader, ref: ObjectRef): boolean {
  const type = header.types.find((summary) => typeName(summary) === ref.type);
  if (type === undefined) return false;
  const isShort = header.shortfalls.some(
    (shortfall) =>
      shortfall.kind === 'unlisted' &&
      shortfall.type === ref.type &&
      (shortfall.namespace === undefined || shortfall.namespace === ref.namespace),
  );
  if (isShort) return false;
  // The namespace may have gone with its objects, and then the backup does not name it.
  const namespaces = ref.namespace === undefined ? type.namespaces : { ...type.namespaces, [ref.namespace]: 0 };
  try {
    const types = header.types.map((summary) => (summary === type ? { ...type, namespaces } : summary));
    const selection = selectStored(header.selection, [{ types }]);
    return selection.includes(ref) && !selection.asksLabels(ref.type);
  } catch (error) {
    if (isAppError(error, 'SELECTION_EMPTY', 'TYPE_UNKNOWN', 'TYPE_AMBIGUOUS', 'USAGE')) return false;
    throw error;
  }
}
