/** Reads the structs of Go packages that are written like those of k8s.io/api: gofmt'ed, one field a line. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of API types, by its import path. */
export interface GoPackage {
  readonly path: string;
  /** The alias under which each file's imports are known. */
  readonly imports: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, GoType>;
}

/** What stands right of `type NAME`, and the comment above it. */
export interface GoType {
  readonly comment: string;
  /** JSON members of a struct by name; undefined for other types. */
  readonly fields: readonly GoField[] | undefined;
  /** `string`, `[]Rule`, for an alias `= v1.Rule`; empty for structs. */
  readonly underlying: string;
}

/** One JSON member of a struct; an inlined struct has an empty name. */
export interface GoField {
  readonly json: string;
  readonly type: string;
}

/** The package in the folder; undefined when there is no Go file in it. */
export function readGoPackage(folder: string, path: string): GoPackage | undefined {
  const files = existsSync(folder) ? globSync('types*.go', { cwd: folder }).filter((file) => !file.includes('_')) : [];
  if (files.length === 0) return undefined;
  const imports = new Map<string, string>();
  const types = new Map<string, GoType>();
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, alias, imported] of text.matchAll(/^\t(?:(\w+) )?"([\w./-]+)"$/gm)) {
      imports.set(alias ?? imported!.split('/').at(-1)!, imported!);
    }
    // A comment and the markers that a blank line parts from it, then a struct or another type.
    for (const [, comment, name, body, other] of text.matchAll(
      /((?:^\/\/[^\n]*\n|^\n)*)^type (\w+) (?:struct \{\n(.*?)^\}$|([^\n]+)$)/gms,
    )) {
      types.set(name!, {
        comment: comment!,
        fields: body === undefined ? undefined : fieldsOf(body),
        underlying: other ?? '',
      });
    }
  }
  return { path, imports, types };
}

function fieldsOf(body: string): GoField[] {
  const fields: GoField[] = [];
  for (const line of body.split('\n')) {
    const [, name, type, json] = /^\t(?:(\w+)\s+)?(\S+)\s+`.*?json:"([^"]*)"/.exec(line) ?? [];
    if (type === undefined || json === '-') continue;
    const member = json!.split(',')[0]!;
    fields.push({ json: member === '' && name !== undefined && !json!.includes('inline') ? name : member, type });
  }
  return fields;
}

/**
 * Whether whatever is valid JSON of one type is, field by field, JSON of the other as well: the second has at least the
 * fields of the first, each of a type that fits. Types of packages that `packages` does not hold fit only themselves.
 */
export function typeFits(
  packages: ReadonlyMap<string, GoPackage>,
  from: readonly [path: string, type: string],
  to: readonly [path: string, type: string],
  assumed = new Set<string>(),
): boolean {
  const [a, b] = [bare(from[1]), bare(to[1])];
  if (a.wrap !== b.wrap) return false;
  const [left, right] = [resolve(packages, from[0], a.name), resolve(packages, to[0], b.name)];
  if (left.key === right.key) return true;
  if (left.type === undefined || right.type === undefined) return false;
  const question = `${left.key} ${right.key}`;
  if (assumed.has(question)) return true;
  assumed.add(question);
  if (left.type.fields === undefined || right.type.fields === undefined) {
    if (left.type.fields !== right.type.fields) return false;
    return typeFits(packages, [left.path, left.type.underlying], [right.path, right.type.underlying], assumed);
  }
  const target = new Map(flatFields(packages, right.path, right.type).map((field) => [field.json, field]));
  return flatFields(packages, left.path, left.type).every(({ json, path, type }) => {
    const other = target.get(json);
    return other !== undefined && typeFits(packages, [path, type], [other.path, other.type], assumed);
  });
}

/** The type without pointers, and how often it is wrapped into lists and maps: `[]*Rule` is `[]` of `Rule`. */
function bare(type: string): { wrap: string; name: string } {
  const [, wrap, name] = /^((?:\*|\[\]|map\[[\w.]+\])*)(.*)$/.exec(type)!;
  return { wrap: wrap!.replaceAll('*', ''), name: name! };
}

function resolve(
  packages: ReadonlyMap<string, GoPackage>,
  path: string,
  name: string,
): { key: string; path: string; type: GoType | undefined } {
  const [alias, imported] = name.includes('.') ? (name.split('.') as [string, string]) : [undefined, name];
  const home = alias === undefined ? path : (packages.get(path)?.imports.get(alias) ?? alias);
  const type = packages.get(home)?.types.get(imported);
  if (type?.underlying.startsWith('= ') === true) return resolve(packages, home, type.underlying.slice(2));
  // string, int32, ... are the same in every package.
  return { key: alias === undefined && type === undefined ? name : `${home}.${imported}`, path: home, type };
}

function flatFields(
  packages: ReadonlyMap<string, GoPackage>,
  path: string,
  type: GoType,
): (GoField & { path: string })[] {
  return (type.fields ?? []).flatMap((field) => {
    if (field.json !== '') return [{ ...field, path }];
    const inlined = resolve(packages, path, bare(field.type).name);
    return inlined.type === undefined
      ? [{ json: `inline ${inlined.key}`, type: field.type, path }]
      : flatFields(packages, inlined.path, inlined.type);
  });
}
