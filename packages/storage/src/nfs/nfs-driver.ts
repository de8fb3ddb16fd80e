import { AppError } from '@infrabackup/core';
import { defineDriver } from '../driver.ts';
import { wordOption } from '../location-option.ts';

/** Exports of NFS servers that this machine has mounted. */
export const nfsDriver = defineDriver('nfs', {
  example: 'nfs://server/export/folder',
  options: { hardLinks: wordOption(['auto', 'never'], 'auto') },
  open: async (address, options) => {
    const [, server, path] = /^\/\/([A-Za-z0-9._:[\]-]+)(\/.+?)\/*$/.exec(address) ?? [];
    if (server === undefined || path === undefined) {
      throw new AppError('USAGE', `nfs:${address} does not name a server and an export of it`, {
        hint: 'write nfs://SERVER/EXPORT/FOLDER',
      });
    }
    const [{ folderOf, readMounts }, { openFileStore }] = await Promise.all([
      import('./mounts.ts'),
      import('../file-store.ts'),
    ]);
    const folder = folderOf(await readMounts(), server, decodeURI(path));
    if (folder !== undefined) return openFileStore(folder, options);
    throw new AppError(
      'STORE_MISSING',
      `${server}:${path} is not mounted on this machine, and only root can mount it`,
      {
        hint: `sudo mkdir -p /mnt/infrabackup && sudo mount -t nfs ${server}:${path} /mnt/infrabackup`,
      },
    );
  },
});
