import type { BackupWarning, TypeSummary } from '../archive/summary.ts';
import type { BackupEncryption } from '../encryption/encryption.ts';
import { typeName } from '../object/resource-type.ts';
import type { Store } from '../store/store.ts';

/** What is worth a person's attention of how and where a backup lies. */
export function storageWarnings(
  types: readonly Pick<TypeSummary, 'group' | 'plural' | 'count'>[],
  encryption: BackupEncryption | null,
  { capabilities }: Pick<Store, 'capabilities'>,
): readonly BackupWarning[] {
  const warnings: BackupWarning[] = [];
  const secrets = types.find((type) => typeName(type) === 'secrets')?.count ?? 0;
  const isSealed = encryption?.keys.some((use) => use.types.includes('secrets')) ?? false;
  if (secrets > 0 && !isSealed) warnings.push({ kind: 'secrets-in-clear', count: secrets });
  if (!capabilities.conditionalCreate) warnings.push({ kind: 'unconditional-store' });
  return warnings;
}
