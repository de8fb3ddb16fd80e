import { readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '@infrabackup/core';
import type { Store } from '@infrabackup/core';
import { diskGuard, errnoOf } from './disk-error.ts';
import type { DriverContext } from './driver.ts';
import type { LocationConfig, LocationEntry } from './location-config.ts';
import type { LocationEncryption } from './location-encryption.ts';
import { openStore } from './open-store.ts';
import { parseStoreUri } from './store-uri.ts';
import { replaceFile } from './temp-file.ts';

/** A location that has a name. */
export interface NamedLocation extends LocationEntry {
  readonly name: string;
  /** Whether it is meant where none is named. */
  readonly isDefault: boolean;
  /** Whether it is there without being configured. */
  readonly isBuiltIn: boolean;
}

/** Where the locations of a user are configured. */
export interface LocationsOptions extends DriverContext {
  /** The path of the configuration file, which need not exist. */
  readonly configFile: string;
  /** The folder of the built-in location. */
  readonly dataFolder: string;
}

/**
 * The locations of a user: those of the configuration file, and the built-in one, `local`.
 *
 * The file is read anew by each call and replaced as a whole (0600; its comments are lost, keys that this version does
 * not know are kept), so of two changes at once the later one counts. Every method throws USAGE for a file that cannot
 * be used, and the errors of a disk.
 */
export interface Locations {
  /** The built-in one first, then those of the file in its order. */
  list(): Promise<readonly NamedLocation[]>;
  /**
   * Adds a location by its URI or path. Throws LOCATION_EXISTS; STORE_UNSUPPORTED and USAGE as `openStore`, so that
   * what is added can be opened, and no credential ever gets into the file; USAGE for keys that cannot be read. The
   * place itself is not touched.
   */
  add(name: string, location: string, entry?: Partial<Omit<LocationEntry, 'uri'>>): Promise<NamedLocation>;
  /** Forgets a location and leaves what it holds. The default one's role goes to `local`. Throws LOCATION_UNKNOWN. */
  remove(name: string): Promise<NamedLocation>;
  /** Makes a location the default. Throws LOCATION_UNKNOWN. */
  setDefault(name: string): Promise<NamedLocation>;
  /**
   * Opens what the user names: a configured name, a URI, or a path, which holds a slash or begins with a dot; nothing
   * named opens the default. Throws LOCATION_UNKNOWN, and as `openStore`.
   */
  open(named?: string): Promise<Store>;
  /**
   * How backups are encrypted and read in the location that is named as for `open`, by its entry; undefined where that
   * says nothing. A URI or a path has the entry that it could be opened by. Throws LOCATION_UNKNOWN.
   */
  encryption(named?: string): Promise<LocationEncryption | undefined>;
}

const builtInName = 'local';
/** What is no name: a path or a URI. */
const isPlace = /[/\\]|^\.|^[a-z][a-z0-9+.-]+:/i;
const locationName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The locations that the file configures. Nothing is read yet. */
export function openLocations({ configFile, dataFolder, ...context }: LocationsOptions): Locations {
  const builtIn: LocationEntry = { uri: pathToFileURL(dataFolder).href, options: {} };

  const read = async (): Promise<LocationConfig> => {
    const disk = diskGuard(`could not read the configuration ${configFile}`);
    const text = await disk(
      readFile(configFile, 'utf8').catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      }),
    );
    if (text === undefined) return { locations: new Map(), document: {} };
    // YAML is loaded by those who have some.
    const { parseLocationConfig } = await import('./location-config.ts');
    return parseLocationConfig(text, configFile);
  };
  const write = async (config: LocationConfig): Promise<void> => {
    const disk = diskGuard(`could not write the configuration ${configFile}`, 'it is as it was');
    // A link to where its user keeps such files stays one.
    const file = await realpath(configFile).catch(() => configFile);
    const { formatLocationConfig } = await import('./location-config.ts');
    await disk(replaceFile(file, formatLocationConfig(config)));
  };
  const named = (config: LocationConfig): readonly NamedLocation[] => {
    const { defaultName = builtInName, locations } = config;
    return [...new Map([[builtInName, builtIn], ...locations])].map(([name, entry]) => ({
      ...entry,
      name,
      isDefault: name === defaultName,
      isBuiltIn: entry === builtIn,
    }));
  };
  const find = (config: LocationConfig, name: string): NamedLocation => {
    const all = named(config);
    const found = all.find((location) => location.name === name);
    if (found !== undefined) return found;
    const names = all.map((location) => location.name);
    throw new AppError('LOCATION_UNKNOWN', `no location is called ${JSON.stringify(name)}`, {
      hint: `locations: ${names.join(', ')}; a folder is named with a slash, ./${name}`,
      refs: names,
    });
  };

  /** Undefined for what cannot be opened now, as an export that is not mounted. */
  const uriOf = async (uri: string, options: LocationEntry['options']): Promise<string | undefined> =>
    openStore(uri, { ...context, options }).then(
      (store) => store.uri,
      () => undefined,
    );

  return {
    list: async () => named(await read()),

    add: async (name, location, { options = {}, encryption } = {}) => {
      if (!locationName.test(name)) {
        throw new AppError('USAGE', `${JSON.stringify(name)} cannot name a location`, {
          hint: 'use up to 63 lower-case letters, digits and dashes, with no dash at an end',
        });
      }
      const config = await read();
      const taken = named(config).find((other) => other.name === name);
      if (taken !== undefined) {
        throw new AppError('LOCATION_EXISTS', `the location ${name} exists already; it is ${taken.uri}`, {
          hint: taken.isBuiltIn
            ? 'choose another name: this one is built in'
            : `choose another name, or remove it first: kubectl infrabackup location remove ${name}`,
        });
      }
      await openStore(location, { ...context, options });
      const { checkLocationEncryption, parseLocationEncryption } = await import('./location-encryption.ts');
      const parsed = parseLocationEncryption(encryption, 'the encryption of the location');
      if (parsed !== undefined) await checkLocationEncryption(parsed);
      const isPath = parseStoreUri(location).scheme === undefined;
      const uri = isPath ? pathToFileURL(resolve(context.workingFolder, location)).href : location;
      const entry = { uri, options, ...(parsed !== undefined && { encryption: parsed }) };
      const changed = { ...config, locations: new Map([...config.locations, [name, entry]]) };
      await write(changed);
      return find(changed, name);
    },

    remove: async (name) => {
      const config = await read();
      const removed = find(config, name);
      if (removed.isBuiltIn) {
        throw new AppError('USAGE', `the location ${name} is built in and stays`, {
          hint: 'make another one the default: kubectl infrabackup location set-default NAME',
        });
      }
      const { defaultName, ...rest } = config;
      const locations = new Map([...config.locations].filter(([other]) => other !== name));
      await write({ ...rest, locations, ...(defaultName !== undefined && defaultName !== name && { defaultName }) });
      return removed;
    },

    setDefault: async (name) => {
      const config = await read();
      find(config, name);
      const changed = { ...config, defaultName: name };
      await write(changed);
      return find(changed, name);
    },

    open: async (given) => {
      if (given !== undefined && isPlace.test(given)) return openStore(given, context);
      const config = await read();
      const { uri, options } = find(config, given ?? config.defaultName ?? builtInName);
      return openStore(uri, { ...context, options });
    },

    encryption: async (given) => {
      const config = await read();
      if (given === undefined || !isPlace.test(given)) {
        return find(config, given ?? config.defaultName ?? builtInName).encryption;
      }
      // Opened, since one place can be written in several ways; those that say nothing are not.
      const entries = [...config.locations.values()].filter(({ encryption }) => encryption !== undefined);
      const place = entries.length === 0 ? undefined : await uriOf(given, {});
      for (const { uri, options, encryption } of place === undefined ? [] : entries) {
        if ((await uriOf(uri, options)) === place) return encryption;
      }
      return undefined;
    },
  };
}
