import { AppError, declaredPath, declaredYaml, type Backup, type Store } from '@infrabackup/core';

/**
 * Writes each object of a backup as a file of YAML, `NAME/NAMESPACE/TYPE/OBJECT.yaml` (`cluster` for those of none),
 * without what the server owns, as `kubectl apply` takes it. Returns how many; Secrets lie there in clear.
 *
 * Throws STORE_EXISTS, before anything is written, where something lies under the name; KEY_MISSING and KEY_WRONG for
 * objects that are locked. What was written before an error stays.
 */
export async function writeManifests(
  backup: Backup,
  store: Store,
  folder: string,
  options: { readonly signal?: AbortSignal | undefined; readonly report?: (count: number) => void } = {},
): Promise<number> {
  for await (const entry of store.list(`${folder}/`, options.signal)) {
    throw new AppError('STORE_EXISTS', `${store.uri} has something under ${folder} already: ${entry.key}`, {
      hint: 'choose another name, --as NAME, or another place, --to FOLDER',
      refs: [folder],
    });
  }
  let count = 0;
  for await (const { entry, bytes } of backup.readMany(backup.entries())) {
    await store.create(`${folder}/${declaredPath(entry)}`, Buffer.from(declaredYaml(bytes)), options.signal);
    count++;
    options.report?.(count);
  }
  return count;
}
