import { AppError } from '@infrabackup/core';

/**
 * The members of a map that a person wrote, read one by one by what they should be.
 *
 * A member that is absent or null is undefined. Each method throws USAGE that names the file and the member where it is
 * something else, and `end` does for members that nobody asked for: a slip of the pen is not passed over.
 */
export class Fields {
  readonly where: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  /** `where` names the map in messages: `spec.yaml: spec`. */
  constructor(value: unknown, where: string) {
    if (!isMap(value)) throw new AppError('USAGE', `${where} is not a map`);
    this.#values = value;
    this.where = where;
  }

  /** Whether the member is there, null or not. */
  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  text(name: string): string | undefined {
    return this.#read(name, 'a text', (value) => typeof value === 'string');
  }

  truth(name: string): boolean | undefined {
    return this.#read(name, 'true or false', (value) => typeof value === 'boolean');
  }

  texts(name: string): readonly string[] | undefined {
    const isTexts = (value: unknown): value is readonly string[] =>
      Array.isArray(value) && value.every((member) => typeof member === 'string');
    return this.#read(name, 'a list of texts', isTexts);
  }

  textMap(name: string): Readonly<Record<string, string>> | undefined {
    const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
      isMap(value) && Object.values(value).every((member) => typeof member === 'string');
    return this.#read(name, 'a map of texts', isTextMap);
  }

  map(name: string): Fields | undefined {
    const value = this.#read(name, 'a map', isMap);
    return value === undefined ? undefined : new Fields(value, `${this.where}.${name}`);
  }

  /** A list of maps. */
  maps(name: string): readonly Fields[] | undefined {
    const values = this.#read(name, 'a list of maps', (value): value is unknown[] => Array.isArray(value));
    return values?.map((value, index) => new Fields(value, `${this.where}.${name}[${index}]`));
  }

  /** Whatever it is. */
  any(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  /** The names of members that are there and that nobody has asked for; they count as asked for now. */
  rest(): readonly string[] {
    const left = Object.keys(this.#values).filter((name) => !this.#asked.has(name));
    for (const name of left) this.#asked.add(name);
    return left;
  }

  /** Throws USAGE when there are members that nobody has asked for, with those that are known. */
  end(): void {
    const known = [...this.#asked];
    const [unknown] = this.rest();
    if (unknown === undefined) return;
    throw new AppError('USAGE', `${this.where} has a member that is not known: ${unknown}`, {
      hint: `known: ${known.sort().join(', ')}`,
    });
  }

  #read<T>(name: string, what: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.any(name);
    if (value === undefined || is(value)) return value;
    throw new AppError('USAGE', `${this.where}.${name} is not ${what}`);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
