import { parseManifest, type Backup, type Manifest, type ObjectRef } from '@infrabackup/core';

/** An object of a backup; undefined when the backup has none such, or there is no backup. */
export async function readManifest(backup: Backup | undefined, ref: ObjectRef): Promise<Manifest | undefined> {
  const entry = await backup?.find(ref);
  return entry && parseManifest(await backup!.read(entry));
}
