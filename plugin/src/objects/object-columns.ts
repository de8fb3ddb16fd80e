import { parseManifest, typeName, type Backup, type TypeSummary } from '@infrabackup/core';
import { builtInColumns } from '../columns/built-in-columns.ts';
import { ageColumn, nameColumn, type ObjectColumn } from '../columns/object-column.ts';
import { printerColumns } from '../columns/printer-columns.ts';

/**
 * The columns of a type's table: those of the built-in table; for custom resources those of the CRD as it is in the
 * backup, one more object to read; else NAME and AGE.
 */
export async function columnsFor(type: TypeSummary, backup: Backup): Promise<readonly ObjectColumn[]> {
  const name = typeName(type);
  const builtIn = builtInColumns.find((row) => row.type === name);
  if (builtIn !== undefined) return builtIn.columns;
  const definition = await backup.find({ type: 'customresourcedefinitions.apiextensions.k8s.io', name });
  if (definition === undefined || backup.lock.lockedBy(definition.type) !== undefined) return [nameColumn, ageColumn];
  return printerColumns(parseManifest(await backup.read(definition)), type.version);
}
