import { dump, loadAll, YAMLException } from 'js-yaml';
import { AppError } from '@infrabackup/core';
import { parseLocationEncryption } from './location-encryption.ts';
import type { LocationEncryption } from './location-encryption.ts';

/** A location as it is configured. */
export interface LocationEntry {
  /** A URI of `openStore`; never a relative path, never with a credential. */
  readonly uri: string;
  /** Options of its kind of destination, as in the URI's query. */
  readonly options: Readonly<Record<string, string>>;
  /** How its backups are encrypted and read where no flag says it; absent: nothing does. */
  readonly encryption?: LocationEncryption;
}

/** The configuration of locations. */
export interface LocationConfig {
  /** The name of the default location; absent: the built-in one. */
  readonly defaultName?: string;
  readonly locations: ReadonlyMap<string, LocationEntry>;
  /** The file's whole content, from which what this version does not know is kept. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Takes the text of a configuration file apart; an empty one is no configuration. Throws USAGE, naming the file. */
export function parseLocationConfig(text: string, file: string): LocationConfig {
  const document = mapping(parseYaml(text, file), file, 'the file');
  const defaultName = document['default'] ?? undefined;
  if (defaultName !== undefined && typeof defaultName !== 'string') throw misshapen(file, 'default', 'a name');
  const locations = new Map<string, LocationEntry>();
  for (const [name, value] of Object.entries(mapping(document['locations'], file, 'locations'))) {
    const entry = mapping(value, file, `locations.${name}`);
    if (typeof entry['uri'] !== 'string') throw misshapen(file, `locations.${name}.uri`, 'a URI');
    const options = Object.entries(mapping(entry['options'], file, `locations.${name}.options`));
    const encryption = parseLocationEncryption(entry['encryption'], `${file}: locations.${name}.encryption`);
    locations.set(name, {
      uri: entry['uri'],
      options: Object.fromEntries(options.map(([k, v]) => [k, String(v)])),
      ...(encryption !== undefined && { encryption }),
    });
  }
  return { ...(defaultName !== undefined && { defaultName }), locations, document };
}

/** The text of the file: what is configured, and what the file held that this version does not know. */
export function formatLocationConfig({ defaultName, locations, document }: LocationConfig): string {
  const before = isMapping(document['locations']) ? document['locations'] : {};
  const entries = [...locations].map(([name, { uri, options, encryption }]) => {
    const unknown = without(before[name], 'uri', 'options', 'encryption');
    const known = { uri, ...(Object.keys(options).length > 0 && { options }), ...(encryption && { encryption }) };
    return [name, { ...known, ...unknown }];
  });
  return dump({
    ...(defaultName !== undefined && { default: defaultName }),
    locations: Object.fromEntries(entries) as unknown,
    ...without(document, 'default', 'locations'),
  });
}

function without(value: unknown, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  const members = isMapping(value) ? Object.entries(value) : [];
  return Object.fromEntries(members.filter(([name]) => !names.includes(name)));
}

function parseYaml(text: string, file: string): unknown {
  try {
    // All of them, since a file of comments has none, which is as good as an empty one.
    const [document, ...others] = loadAll(text);
    if (others.length === 0) return document;
  } catch (error) {
    // The exception's own message quotes the file, which may hold what nobody should see.
    const where = error instanceof YAMLException && error.mark !== undefined ? `, line ${error.mark.line + 1}` : '';
    const reason = error instanceof YAMLException ? error.reason : 'it cannot be read';
    throw new AppError('USAGE', `${file}${where} is not YAML: ${reason}`, {
      hint: 'mend the file, or move it away: without it there is only the built-in location',
    });
  }
  throw misshapen(file, 'the file', 'one document');
}

function mapping(value: unknown, file: string, where: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (isMapping(value)) return value;
  throw misshapen(file, where, 'a mapping');
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function misshapen(file: string, where: string, what: string): AppError {
  return new AppError('USAGE', `${file} cannot be used: ${where} is not ${what}`, {
    hint: 'mend the file, or move it away: without it there is only the built-in location',
  });
}
