import {
  maskSecrets,
  parseExactly,
  refKey,
  stringifyExactly,
  type Manifest,
  type ObjectRef,
  type Spool,
} from '@infrabackup/core';
import type { ChangeSides } from './documents/object-documents.ts';

/**
 * Both sides of each change of a preview, Secrets masked.
 *
 * They lie in a file without a name that ends with the preview, so that memory does not grow with the plan and what is
 * looked at is what was planned, whatever the cluster does meanwhile.
 */
export class KeptSides {
  readonly #spool: Spool;
  readonly #places = new Map<string, { readonly offset: number; readonly length: number }>();
  /** A spool takes one write at a time, and those who keep do not wait for each other. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  async keep(ref: ObjectRef, before: Manifest | undefined, after: Manifest | undefined): Promise<void> {
    const [left = null, right = null] = maskSecrets(before, after);
    const bytes = Buffer.from(stringifyExactly([left, right]));
    const written = this.#writing.then(() => this.#spool.append(bytes));
    this.#writing = written;
    this.#places.set(refKey(ref), { offset: await written, length: bytes.length });
  }

  /** Undefined for an object of which nothing was kept. */
  async read(ref: ObjectRef): Promise<ChangeSides | undefined> {
    const place = this.#places.get(refKey(ref));
    if (place === undefined) return undefined;
    const text = (await this.#spool.read(place.offset, place.length)).toString('utf8');
    const [before, after] = parseExactly(text) as readonly [Manifest | null, Manifest | null];
    return [before ?? undefined, after ?? undefined];
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#spool.close();
  }
}
