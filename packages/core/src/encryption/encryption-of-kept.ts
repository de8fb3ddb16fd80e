import type { Backup } from '../archive/open-backup.ts';
import type { EncryptionConfig } from './encryption-config.ts';
import { encryptionBy } from './encryption.ts';
import type { Encryption } from './encryption.ts';

/**
 * How what a restore changes is kept before: as the user's configuration says, or else as the backup is, where that was
 * made for age recipients. Else a restore would lay in clear beside the backup what lies encrypted in it.
 */
export function encryptionOfKept(
  config: EncryptionConfig | undefined,
  backup: Pick<Backup, 'lock'> | undefined,
): Encryption | undefined {
  return config !== undefined && config.rules.length > 0 ? encryptionBy(config) : backup?.lock.again;
}
