import { AppError } from '../errors/app-error.ts';
import { compareRefs, parseRefKey } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import { blockLimitBytes } from './archive-layout.ts';
import { damaged } from './damaged.ts';
import { list, map, matching, natural, object, orNull, optional, text, truth } from './json-shape.ts';
import type { Shape } from './json-shape.ts';
import { formatVersion, summaryDigest } from './summary.ts';
import type { ArchiveHeader, BackupSummary } from './summary.ts';

const names = optional(list(text));
const fileShape = {
  name: text,
  sizeBytes: natural,
  sha256: matching(/^[0-9a-f]{64}$/, 'a sha256 in hex'),
};

const headerShape: Readonly<Record<string, Shape>> = {
  format: text,
  name: text,
  tool: text,
  startedAt: text,
  cluster: object({ uid: optional(text), version: text, server: text, context: optional(text) }),
  revision: optional(text),
  selection: object({
    preset: optional(text),
    rules: list(
      object({
        includeNamespaces: names,
        excludeNamespaces: names,
        apiVersion: optional(text),
        includeResources: names,
        excludeResources: names,
        includeClusterResources: optional(truth),
        labelSelector: optional(text),
        fieldSelector: optional(text),
        names,
        excludeNames: names,
        excludeNoise: optional(truth),
      }),
    ),
    exact: optional(truth),
    scaleDown: optional(list(object({ type: text, namespace: optional(text), name: text }))),
  }),
  labels: map(text),
  expiresAt: optional(text),
  contentTable: natural,
  encryption: orNull(
    object({
      keys: list(object({ name: text, cipher: text, check: text, types: list(text) })),
      age: optional(text),
    }),
  ),
  types: list(
    object({
      group: text,
      version: text,
      kind: text,
      plural: text,
      singular: text,
      shortNames: list(text),
      categories: list(text),
      namespaced: truth,
      verbs: list(text),
      subresources: list(text),
      servedVersions: list(text),
      count: natural,
      sizeBytes: natural,
      namespaces: map(natural),
      revision: optional(text),
    }),
  ),
  shortfalls: list(object({ kind: text })),
  warnings: list(object({ kind: text })),
  index: object({
    ...fileShape,
    blocks: list(
      object({
        offset: natural,
        length: natural,
        first: matching(/^[^/]+\/[^/]*\/[^/]+$/, 'a type, a namespace and a name'),
        sha256: matching(/^[\w-]{43}$/, 'a sha256 in base64url'),
      }),
    ),
  }),
};

const summaryShape: Readonly<Record<string, Shape>> = {
  ...headerShape,
  completedAt: text,
  archive: object({ ...fileShape, indexOffset: natural }),
  velero: optional(object(fileShape)),
  digest: text,
};

/** Members of each known kind of shortfall and warning; other kinds come from later minor versions and are passed over. */
const kinds: Readonly<Record<'shortfalls' | 'warnings', Readonly<Record<string, Shape>>>> = {
  shortfalls: {
    undiscovered: object({ groupVersion: text, message: text }),
    unlisted: object({ type: text, namespace: optional(text), message: text }),
    later: object({ type: text, reason: text }),
  },
  warnings: {
    'secrets-in-clear': object({ count: natural }),
    'unconditional-store': object({}),
    'related-unreadable': object({ refs: list(text), message: text }),
  },
};

/** How a summary is read. */
export interface ParseSummaryOptions {
  /** Whether a summary is taken although its own digest says it was changed; `verify` goes on and reports it. */
  readonly evenIfChanged?: boolean;
}

/**
 * The summary in the text of its file, held against its own digest. Members that this version does not know are kept.
 *
 * Throws BACKUP_FORMAT for a format of another major, BACKUP_DAMAGED for anything else that is not right.
 */
export function parseSummary(fileText: string, options: ParseSummaryOptions = {}): BackupSummary {
  const summary = parse(fileText, 'the summary', summaryShape) as unknown as BackupSummary;
  const unchanged = options.evenIfChanged === true || digestOf(summary) === summary.digest;
  if (!unchanged) throw damaged(`the summary of ${summary.name} is not what its own digest says`);
  checkTypes(summary, 'the summary');
  checkIndex(summary, 'the summary');
  return withKnownKinds(summary, 'the summary');
}

/** What an archive says about itself, from its entry `metadata/infrabackup/backup.json`. Throws as {@link parseSummary}. */
export function parseHeader(entryText: string): ArchiveHeader {
  const header = parse(entryText, 'the header of the archive', headerShape) as unknown as ArchiveHeader;
  checkTypes(header, 'the header of the archive');
  checkIndex(header, 'the header of the archive');
  return withKnownKinds(header, 'the header of the archive');
}

function parse(fileText: string, where: string, shape: Readonly<Record<string, Shape>>): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(fileText);
  } catch (cause) {
    throw damaged(`${where} is not JSON`, cause);
  }
  const versionProblem = object({ format: matching(/^\d+\.\d+$/, 'a version') })(value);
  if (versionProblem !== undefined) throw damaged(`${where} is not one: its member ${versionProblem.slice(1)}`);
  const { format, name, tool } = value as Record<string, unknown>;
  if (String(format).split('.')[0] !== formatVersion.split('.')[0]) {
    const writer = typeof tool === 'string' ? ` by ${tool}` : '';
    throw new AppError(
      'BACKUP_FORMAT',
      `${String(name)} was written${writer} as format ${String(format)}, which this version does not read`,
      {
        hint: 'read it with a later version of infrabackup',
        refs: [String(name)],
      },
    );
  }
  const problem = object(shape)(value);
  if (problem !== undefined) throw damaged(`${where} is not whole: its member ${problem.slice(1)}`);
  return value as Record<string, unknown>;
}

/** The digest; a nesting too deep to be a summary's is another digest. */
function digestOf(summary: BackupSummary): string | undefined {
  try {
    return summaryDigest(summary);
  } catch {
    return undefined;
  }
}

/** Each type is counted, and written anew by a copy, once. */
function checkTypes({ types }: ArchiveHeader, where: string): void {
  const names = types.map(typeName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw damaged(`${where} names the type ${twice} twice`);
}

/** Blocks lie one behind another, in the order of their entries, and fill the file: readers rely on it. */
function checkIndex({ index }: ArchiveHeader, where: string): void {
  let offset = 0;
  let last: ObjectRef | undefined;
  for (const block of index.blocks) {
    const first = parseRefKey(block.first);
    const follows = block.offset === offset && (last === undefined || compareRefs(last, first) < 0);
    if (!follows || block.length > blockLimitBytes)
      throw damaged(`${where} has index blocks that do not follow one another`);
    offset += block.length;
    last = first;
  }
  if (offset !== index.sizeBytes) throw damaged(`${where} has index blocks that do not fill the index`);
}

function withKnownKinds<T extends ArchiveHeader>(header: T, where: string): T {
  const known = (member: 'shortfalls' | 'warnings'): unknown[] =>
    header[member].filter((row) => {
      if (!Object.hasOwn(kinds[member], row.kind)) return false;
      const problem = kinds[member][row.kind]!(row);
      if (problem !== undefined) throw damaged(`${where} is not whole: a row of its ${member}, ${problem.slice(1)}`);
      return true;
    });
  return { ...header, shortfalls: known('shortfalls'), warnings: known('warnings') };
}
