/** The values that were asked for last, so many of them. */
export class Recent<K, V> {
  readonly #kept = new Map<K, V>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** The value of the key, made when it is not among the recent ones. A promise that fails is not kept. */
  get(key: K, make: () => V): V {
    const value = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, value);
    if (this.#kept.size > this.#size) this.#kept.delete(this.#kept.keys().next().value!);
    if (value instanceof Promise) value.catch(() => this.#kept.delete(key));
    return value;
  }
}
