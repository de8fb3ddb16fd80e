import type { BackupWarning, TypeSummary } from '../archive/summary.ts';
import type { BackupEncryption } from '../encryption/encryption.ts';
import type { Store } from '../store/store.ts';
import { countClearSecrets } from '../location/clear-secrets.ts';

/** What is worth a person's attention of how and where a backup lies. */
export function storageWarnings(
  types: readonly Pick<TypeSummary, 'group' | 'plural' | 'count'>[],
  encryption: BackupEncryption | null,
  { capabilities }: Pick<Store, 'capabilities'>,
): readonly BackupWarning[] {
  const warnings: BackupWarning[] = [];
  const secrets = countClearSecrets(types, encryption);
  if (secrets > 0) warnings.push({ kind: 'secrets-in-clear', count: secrets });
  if (!capabilities.conditionalCreate) warnings.push({ kind: 'unconditional-store' });
  return warnings;
}
