import type { TypeSummary } from '../archive/summary.ts';
import type { BackupEncryption } from '../encryption/encryption.ts';
import { AppError } from '../errors/app-error.ts';
import { typeName } from '../object/resource-type.ts';
import type { Store } from '../store/store.ts';

/** How many Secrets lie in clear in a backup of these types. */
export function countClearSecrets(
  types: readonly Pick<TypeSummary, 'group' | 'plural' | 'count'>[],
  encryption: BackupEncryption | null,
): number {
  const isSealed = encryption?.keys.some((use) => use.types.includes('secrets')) ?? false;
  return isSealed ? 0 : (types.find((type) => typeName(type) === 'secrets')?.count ?? 0);
}

/**
 * Throws SECRETS_IN_CLEAR where the store keeps for good what was once written to it, unless somebody allowed it: asked
 * before the first write of `what`, of which `inClear` says whether Secrets may lie in it in clear.
 */
export function refuseClearSecrets(
  { uri, capabilities }: Pick<Store, 'uri' | 'capabilities'>,
  what: string,
  inClear: boolean,
  allow: boolean | undefined,
): void {
  if (capabilities.keepsRemoved !== true || !inClear || allow === true) return;
  throw new AppError(
    'SECRETS_IN_CLEAR',
    `Secrets of ${what} would lie in clear in the history of ${uri}, where deleting the backup does not remove them; nothing was written`,
    {
      hint: 'encrypt them: --encryption-config FILE or --age-recipient AGE1...; or leave them out, --exclude-resources secrets; or say that it is meant: --allow-clear-secrets',
    },
  );
}
