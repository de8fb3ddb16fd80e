import { AppError, checkKey, isKeySegment } from '@infrabackup/core';

/** Where the readable tree of objects lies: what is below is no value of the store. */
export const objectsFolder = 'objects/';

/** Throws USAGE for what is no key, or lies where the readable tree is. */
export function checkGitKey(key: string): void {
  checkKey(key);
  if (!key.startsWith(objectsFolder)) return;
  throw new AppError('USAGE', `${key} lies where a repository has its readable tree of objects`);
}

/** Whether a path below that of the location is the key of a value. */
export function isGitKey(path: string): boolean {
  return !path.startsWith(objectsFolder) && path.split('/').every(isKeySegment);
}
