import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Encryption, Store, UserFolders } from '@infrabackup/core';
import type { KeyFiles, Locations, NamedLocation, UserKeys } from '@infrabackup/storage';
import * as vscode from 'vscode';
import type { Host } from './cluster/cluster-session.ts';
import { settings } from './settings.ts';
import { watchFiles } from './watch-files.ts';

/** The locations that this user has configured, by either door, and the keys to what is encrypted in them. */
export class UserLocations implements vscode.Disposable {
  readonly #host: Host;
  readonly #changed = new vscode.EventEmitter<void>();
  #watcher: vscode.Disposable | undefined;
  #opened: Promise<Locations> | undefined;

  /** Fires when the configuration has changed. */
  readonly onDidChange = this.#changed.event;

  constructor(host: Host) {
    this.#host = host;
  }

  dispose(): void {
    this.#watcher?.dispose();
    this.#changed.dispose();
  }

  /** The default one first. */
  async list(): Promise<readonly NamedLocation[]> {
    const locations = await (await this.#locations()).list();
    return locations.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault));
  }

  /** Opens a location by its name or URI; the default one when none is named. */
  async open(named?: string): Promise<Store> {
    return (await this.#locations()).open(named);
  }

  /** Adds a location under a name; refuses what cannot be opened, or carries a credential. */
  async add(name: string, uri: string): Promise<void> {
    await (await this.#locations()).add(name, uri);
    this.#changed.fire();
  }

  /** Forgets a location, and leaves what it holds. */
  async remove(name: string): Promise<void> {
    await (await this.#locations()).remove(name);
    this.#changed.fire();
  }

  /** The files with the keys to a location: those of its entry, else of the settings, else of the environment. */
  async keyFiles(named: string): Promise<KeyFiles> {
    const { keyFilesOf } = await import('@infrabackup/storage');
    const { config, ageIdentity } = (await (await this.#locations()).encryption(named)) ?? {};
    const others = keyFilesOf(settings.keyFiles(), this.#host.env);
    return {
      encryptionConfig: config ?? others.encryptionConfig,
      ageIdentity: ageIdentity ?? others.ageIdentity,
    };
  }

  /** The keys in those files; undefined where there are none. Throws USAGE. */
  async keys(named: string): Promise<UserKeys | undefined> {
    const { readUserKeys } = await import('@infrabackup/storage');
    return readUserKeys(await this.keyFiles(named), homedir());
  }

  /** How a location's entry wants backups encrypted; undefined where it does not say. Throws USAGE. */
  async encryption(named: string): Promise<Encryption | undefined> {
    const { encryptionOfLocation } = await import('@infrabackup/storage');
    return encryptionOfLocation((await (await this.#locations()).encryption(named)) ?? {});
  }

  /** Where this user's configuration, data and state lie. */
  async folders(): Promise<UserFolders> {
    const { userFolders } = await import('@infrabackup/core');
    return userFolders({ platform: process.platform, home: this.#host.env['HOME'] ?? homedir(), env: this.#host.env });
  }

  #locations(): Promise<Locations> {
    this.#opened ??= this.#openLocations();
    return this.#opened;
  }

  async #openLocations(): Promise<Locations> {
    const { openLocations } = await import('@infrabackup/storage');
    const { config, data } = await this.folders();
    const configFile = join(config, 'config.yaml');
    this.#watcher = watchFiles([configFile], () => this.#changed.fire());
    return openLocations({
      configFile,
      dataFolder: data,
      workingFolder: homedir(),
      env: this.#host.env,
    });
  }
}
