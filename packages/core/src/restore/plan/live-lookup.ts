import type { ClusterReader } from '../../cluster/reader.ts';
import { concurrently } from '../../concurrently.ts';
import { isAppError } from '../../errors/app-error.ts';
import { refKey, type ObjectRef } from '../../object/ref.ts';
import type { ResourceType, TypeName } from '../../object/resource-type.ts';

/** What is known of a live object that others refer to. */
export interface LiveFact {
  readonly uid: string;
  /** Whether it is being deleted. */
  readonly isTerminating: boolean;
}

/** Above so many objects of one type it is cheaper to list the type than to get them one by one. */
const listAbove = 50;
const requestsAtOnce = 16;

/**
 * Finds out which of the objects that the backup's objects refer to are live: owners, namespaces, volumes, accounts.
 *
 * What was looked up stays known, so that judging an object needs no waiting. What may not be read counts as there:
 * nothing is dropped on a guess.
 */
export class LiveLookup {
  readonly #reader: ClusterReader;
  readonly #typeOf: (type: TypeName) => ResourceType | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #facts = new Map<string, LiveFact | undefined>();
  readonly #listed = new Set<TypeName>();

  constructor(
    reader: ClusterReader,
    typeOf: (type: TypeName) => ResourceType | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#reader = reader;
    this.#typeOf = typeOf;
    this.#signal = signal;
  }

  /** Makes all of them known. */
  async lookUp(refs: Iterable<ObjectRef>): Promise<void> {
    const unknown = new Map<string, ObjectRef>();
    for (const ref of refs) {
      const key = refKey(ref);
      if (!this.#facts.has(key) && !this.#listed.has(ref.type)) unknown.set(key, ref);
    }
    const single: ObjectRef[] = [];
    for (const [name, ofType] of Map.groupBy(unknown.values(), (ref) => ref.type)) {
      const type = this.#typeOf(name);
      if (type === undefined) continue;
      if (ofType.length <= listAbove || !(await this.#list(name, type))) single.push(...ofType);
    }
    await concurrently(single, requestsAtOnce, async (ref) => await this.#get(ref), this.#signal);
  }

  /** What was looked up of the object; undefined when it is not live. */
  factOf(ref: ObjectRef): LiveFact | undefined {
    return this.#facts.get(refKey(ref));
  }

  /** Says that an object is live, without asking. */
  note(ref: ObjectRef, fact: LiveFact | undefined): void {
    this.#facts.set(refKey(ref), fact);
  }

  async #get(ref: ObjectRef): Promise<void> {
    const type = this.#typeOf(ref.type);
    if (type === undefined) return;
    try {
      const object = await this.#reader.get(type, ref.namespace, ref.name, this.#signal);
      const { uid = '', deletionTimestamp } = object?.metadata ?? {};
      this.note(ref, object && { uid, isTerminating: deletionTimestamp !== undefined });
    } catch (error) {
      if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
      this.note(ref, { uid: '', isTerminating: false });
    }
  }

  /** False where the type may not be listed. */
  async #list(name: TypeName, type: ResourceType): Promise<boolean> {
    try {
      for await (const { objects } of this.#reader.list({ type, signal: this.#signal })) {
        for (const object of objects) {
          const isTerminating = object.bytes.includes('"deletionTimestamp":"');
          this.note(
            { type: name, namespace: object.namespace, name: object.name },
            { uid: object.uid ?? '', isTerminating },
          );
        }
      }
      this.#listed.add(name);
      return true;
    } catch (error) {
      if (isAppError(error, 'CLUSTER_FORBIDDEN')) return false;
      throw error;
    }
  }
}
