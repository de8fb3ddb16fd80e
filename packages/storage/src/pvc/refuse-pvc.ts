import { AppError } from '@infrabackup/core';

/** A DNS label: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names */
const claim = /^\/\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(\/.*)?$/;

/** Why a volume claim, pvc://NAMESPACE/CLAIM/FOLDER, cannot be opened from here. */
export function refusePvc(address: string): AppError {
  const [, namespace, name, folder = ''] = claim.exec(address) ?? [];
  if (namespace === undefined || name === undefined) {
    return new AppError('USAGE', `pvc:${address} does not name a volume claim`, {
      hint: 'write pvc://NAMESPACE/CLAIM or pvc://NAMESPACE/CLAIM/FOLDER',
    });
  }
  return new AppError(
    'STORE_UNSUPPORTED',
    `the volume claim ${name} in namespace ${namespace} can be mounted by a pod only, and this is none`,
    { hint: `run the command in a pod that mounts the claim, with the folder there: file:///MOUNT${folder}` },
  );
}
