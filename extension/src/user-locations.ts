import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@infrabackup/core';
import type { Locations, NamedLocation, UserFolders } from '@infrabackup/storage';
import * as vscode from 'vscode';
import type { Host } from './cluster/cluster-session.ts';

/** The locations that this user has configured, by either door. */
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

  /** Opens a location by its name. */
  async open(name: string): Promise<Store> {
    return (await this.#locations()).open(name);
  }

  /** Adds a location under a name; refuses what cannot be opened, or carries a credential. */
  async add(name: string, uri: string): Promise<void> {
    await (await this.#locations()).add(name, uri);
    this.#changed.fire();
  }

  /** Where this user's configuration, data and state lie. */
  async folders(): Promise<UserFolders> {
    const { userFolders } = await import('@infrabackup/storage');
    return userFolders({ platform: process.platform, home: this.#host.env['HOME'] ?? homedir(), env: this.#host.env });
  }

  #locations(): Promise<Locations> {
    this.#opened ??= this.#openLocations();
    return this.#opened;
  }

  async #openLocations(): Promise<Locations> {
    const { openLocations } = await import('@infrabackup/storage');
    const { config, data } = await this.folders();
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(config), 'config.yaml'),
    );
    const fire = (): void => this.#changed.fire();
    watcher.onDidCreate(fire);
    watcher.onDidChange(fire);
    watcher.onDidDelete(fire);
    this.#watcher = watcher;
    return openLocations({ configFile: join(config, 'config.yaml'), dataFolder: data, workingFolder: homedir() });
  }
}
