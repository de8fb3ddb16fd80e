import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError } from '@infrabackup/core';
import type { Store } from '@infrabackup/core';
import { parseStoreUri, refuseSecretOptions } from './store-uri.ts';

/** What a location's name alone does not say. */
export interface OpenStoreOptions {
  /** The absolute folder that relative paths start from. */
  readonly workingFolder: string;
  /** The options of a configured location; those in the URI's query come first. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** One kind of destination. */
interface Driver {
  /** How a location of the kind is written. */
  readonly example: string;
  /** The options it knows, each with the values it takes, for people. */
  readonly options: Readonly<Record<string, string>>;
  /** Loads the driver's code, which stays out of memory until a location of its kind is used. */
  open(address: string, options: Readonly<Record<string, string>>): Promise<Store>;
}

/** The kinds of destinations by scheme. */
const drivers: ReadonlyMap<string, Driver> = new Map([
  [
    'file',
    {
      example: 'file:///var/backups',
      options: { hardLinks: 'auto (default) or never' },
      async open(address, { hardLinks = 'auto' }) {
        if (hardLinks !== 'auto' && hardLinks !== 'never') {
          throw new AppError('USAGE', `hardLinks=${hardLinks} is not one of: auto, never`);
        }
        const { openFileStore } = await import('./file-store.ts');
        return openFileStore(pathOfFileUri(address), { hardLinks });
      },
    },
  ],
]);

/** Schemes that are not drivers, and what to say of them. */
const refused: ReadonlyMap<string, string> = new Map([
  ['pvc', 'pvc:// names a volume claim, which only a pod can mount: it works inside a cluster only'],
]);

/**
 * Opens a location: a URI, or a path, which is a folder on disk. Nothing is read or written yet.
 *
 * Throws STORE_UNSUPPORTED for unknown schemes and options, naming those that exist; USAGE for a malformed URI or one
 * that carries a credential.
 */
export async function openStore(location: string, { workingFolder, options = {} }: OpenStoreOptions): Promise<Store> {
  const uri = parseStoreUri(location);
  if (uri.scheme === undefined) {
    return openStore(pathToFileURL(resolve(workingFolder, uri.address)).href, { workingFolder, options });
  }
  const driver = drivers.get(uri.scheme);
  if (driver === undefined) throw unsupportedScheme(uri.scheme);
  const all = { ...options, ...uri.options };
  refuseSecretOptions(all);
  const unknown = Object.keys(all).filter((name) => !Object.hasOwn(driver.options, name));
  if (unknown.length > 0) {
    const known = Object.entries(driver.options).map(([name, values]) => `${name}: ${values}`);
    throw new AppError('STORE_UNSUPPORTED', `a ${uri.scheme}:// location has no option ${unknown.join(', ')}`, {
      hint: `options that it has: ${known.join('; ')}`,
    });
  }
  return driver.open(uri.address, all);
}

function unsupportedScheme(scheme: string): AppError {
  const examples = [...drivers.values()].map(({ example }) => example);
  return new AppError('STORE_UNSUPPORTED', refused.get(scheme) ?? `${scheme}: is not a kind of location`, {
    hint: `kinds of locations: ${examples.join(', ')}, or the path of a folder`,
  });
}

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
