import type { Backup } from '@infrabackup/core';
import type { BackupNode, OtherBackupNode } from './backup-nodes.ts';

/** Opens a backup of a location by its name, with the keys to it, whoever made it. */
export type OpenByName = (location: string, name: string) => Promise<Backup>;

/** The backups that are open, so that each is opened once as long as it is the same. */
export class OpenedBackups {
  readonly #openBackup: OpenByName;
  readonly #own = new Map<string, Promise<Backup>>();
  /** Those of other tools, which are read as a whole, and so are kept when others are forgotten. */
  readonly #adopted = new Map<string, Promise<Backup>>();

  constructor(openBackup: OpenByName) {
    this.#openBackup = openBackup;
  }

  /** The backup of a row, open for reading. */
  async open({ parent: { location }, summary, openedFrom }: BackupNode): Promise<Backup> {
    const { name, startedAt, digest = startedAt } = summary;
    // The digest tells a backup from another one of the same name that took its place.
    return openedFrom === undefined
      ? this.#open(this.#own, location, name, digest)
      : this.#open(this.#adopted, location, name, startedAt);
  }

  /** A row of another tool's as one of ours. Reads all of its archive. */
  async adopt(row: OtherBackupNode): Promise<BackupNode> {
    const { parent } = row;
    const { name, head } = row.listed;
    const { header, summary } = await this.#open(this.#adopted, parent.location, name, head.startedAt);
    // It is found by the name that it is listed by, and no other.
    const shown = { ...header, ...summary, name, startedAt: head.startedAt };
    return { kind: 'backup', parent, summary: shown, openedFrom: row };
  }

  /** A backup by its name, as it is now; one of another tool as it was when its row was opened. */
  async openByName(location: string, name: string): Promise<Backup> {
    const prefix = keyOf(location, name, '');
    const [, adopted] = [...this.#adopted].findLast(([key]) => key.startsWith(prefix)) ?? [];
    return adopted ?? this.#openBackup(location, name);
  }

  /** Forgets those that cost little to open again. */
  forget(): void {
    this.#own.clear();
  }

  #open(known: Map<string, Promise<Backup>>, location: string, name: string, version: string): Promise<Backup> {
    const key = keyOf(location, name, version);
    let opened = known.get(key);
    if (opened === undefined) {
      opened = this.#openBackup(location, name);
      opened.catch(() => known.delete(key));
      known.set(key, opened);
    }
    return opened;
  }
}

function keyOf(...parts: readonly [location: string, name: string, version: string]): string {
  return parts.join('\n');
}
