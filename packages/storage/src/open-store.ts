import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '@infrabackup/core';
import type { Store } from '@infrabackup/core';
import type { Driver, DriverContext } from './driver.ts';
import { azureDriver } from './azure/azure-driver.ts';
import { execDriver } from './exec/exec-driver.ts';
import { fileDriver } from './file-driver.ts';
import { gcsDriver } from './gcs/gcs-driver.ts';
import { gitDriver } from './git/git-driver.ts';
import { nfsDriver } from './nfs/nfs-driver.ts';
import { refusePvc } from './pvc/refuse-pvc.ts';
import { s3Driver } from './s3/s3-driver.ts';
import { parseStoreUri, refuseSecretOptions } from './store-uri.ts';

/** What a location's name alone does not say. */
export interface OpenStoreOptions extends DriverContext {
  /** The options of a configured location; those in the URI's query come first. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** The kinds of destinations by scheme; docs/locations.md describes each. */
export const drivers: ReadonlyMap<string, Driver> = new Map([
  ['file', fileDriver],
  ['s3', s3Driver],
  ['gs', gcsDriver],
  ['az', azureDriver],
  ['git+https', gitDriver('https')],
  ['git+ssh', gitDriver('ssh')],
  ['git+file', gitDriver('file')],
  ['nfs', nfsDriver],
  ['exec', execDriver],
]);

/**
 * Opens a location: a URI, or a path, which is a folder on disk. Nothing is read or written yet.
 *
 * Throws STORE_UNSUPPORTED for unknown schemes and options, naming those that exist; USAGE for a malformed URI or one
 * that carries a credential.
 */
export async function openStore(location: string, { options = {}, ...context }: OpenStoreOptions): Promise<Store> {
  const uri = parseStoreUri(location);
  if (uri.scheme === undefined) {
    return openStore(pathToFileURL(resolve(context.workingFolder, uri.address)).href, { ...context, options });
  }
  if (uri.scheme === 'pvc') throw refusePvc(uri.address);
  const driver = drivers.get(uri.scheme);
  if (driver === undefined) throw unsupportedScheme(uri.scheme);
  const all = { ...options, ...uri.options };
  refuseSecretOptions(all);
  return driver.open(uri.address, all, context);
}

function unsupportedScheme(scheme: string): AppError {
  const examples = [...drivers.values()].map(({ example }) => example);
  return new AppError('STORE_UNSUPPORTED', `${scheme}: is not a kind of location`, {
    hint: `kinds of locations: ${examples.join(', ')}, or the path of a folder`,
  });
}
