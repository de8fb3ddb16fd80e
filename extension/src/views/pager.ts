import type { IndexEntry } from '@infrabackup/core';

/** Objects that a type shows at first, and again for each "more". */
export const pageSize = 500;

/** The first pages of a list that is read no further than it is shown. */
export class Pager {
  readonly #entries: AsyncIterator<IndexEntry>;
  readonly #read: IndexEntry[] = [];
  #wanted = pageSize;
  #reading: Promise<void> = Promise.resolve();

  constructor(entries: AsyncIterable<IndexEntry>) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  extend(): void {
    this.#wanted += pageSize;
  }

  async shown(): Promise<readonly IndexEntry[]> {
    this.#reading = this.#reading.then(() => this.#fill());
    await this.#reading;
    return this.#read;
  }

  async #fill(): Promise<void> {
    while (this.#read.length < this.#wanted) {
      const next = await this.#entries.next();
      if (next.done === true) return;
      this.#read.push(next.value);
    }
  }
}
