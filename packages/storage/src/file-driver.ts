import { fileURLToPath } from 'node:url';
import { AppError } from '@infrabackup/core';
import { defineDriver } from './driver.ts';
import { wordOption } from './location-option.ts';

/** Folders. */
export const fileDriver = defineDriver('file', {
  example: 'file:///var/backups',
  options: { hardLinks: wordOption(['auto', 'never'], 'auto') },
  open: async (address, options) => {
    const { openFileStore } = await import('./file-store.ts');
    return openFileStore(pathOfFileUri(address), options);
  },
});

function pathOfFileUri(address: string): string {
  try {
    // Without slashes the parser would take a relative path for an absolute one.
    if (address.startsWith('//')) return fileURLToPath(`file:${address}`);
  } catch {
    // Another host's, or an escaped slash.
  }
  throw new AppError('USAGE', `file:${address} does not name a folder of this machine`, {
    hint: 'write an absolute path after three slashes (file:///var/backups), or a path alone (./backups)',
  });
}
