export { openDiskSpool } from './disk-spool.ts';
export { openFileStore } from './file-store.ts';
export type { FileStoreOptions } from './file-store.ts';
export { openStore } from './open-store.ts';
export type { OpenStoreOptions } from './open-store.ts';
export { backupWriter } from './this-process.ts';
