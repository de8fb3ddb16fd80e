import {
  AppError,
  ambiguousType,
  findTypes,
  isPattern,
  typeName,
  unknownType,
  type TypeSummary,
} from '@infrabackup/core';

/** What of one type is asked for. */
export interface ObjectQuery {
  readonly type: TypeSummary;
  /** The one object of that name; undefined: all. */
  readonly name: string | undefined;
}

/** What the words after the backup's name ask for. */
export interface ObjectRequest {
  readonly queries: readonly ObjectQuery[];
  /** Whether exactly one object is meant, which is then shown as itself and not in a list. */
  readonly isSingle: boolean;
}

/**
 * Reads the words as kubectl reads them: `pods`, `deploy,svc`, `pods web db`, `deploy/web svc/web`, `all` for every
 * type. Types are those of the backup, by plural, singular, short name, kind or category, with or without their group.
 *
 * Throws USAGE for mixed forms, TYPE_UNKNOWN and TYPE_AMBIGUOUS with candidates.
 *
 * Source: https://github.com/kubernetes/cli-runtime/blob/v0.36.3/pkg/resource/builder.go (ResourceTypeOrNameArgs)
 */
export function parseObjectRequest(
  words: readonly string[],
  types: readonly TypeSummary[],
  backup: string,
): ObjectRequest {
  const where = `backup '${backup}'`;
  if (words.some((word) => word.includes('/'))) {
    const queries = words.map((word) => {
      const parts = word.split('/');
      const [typeWord = '', name = ''] = parts;
      if (parts.length !== 2 || typeWord === '' || name === '') {
        throw new AppError('USAGE', `'${word}' is not of the form TYPE/NAME, as the others are`, {
          hint: 'write either TYPE NAME NAME or TYPE/NAME TYPE/NAME',
        });
      }
      return { type: oneType(typeWord, types, where), name };
    });
    return { queries, isSingle: queries.length === 1 };
  }
  const [typeWords = '', ...names] = words;
  const wanted = [...new Set(typeWords.split(',').flatMap((word) => typesOf(word, types, where)))];
  if (names.length === 0) return { queries: wanted.map((type) => ({ type, name: undefined })), isSingle: false };
  const queries = wanted.flatMap((type) => names.map((name) => ({ type, name })));
  return { queries, isSingle: queries.length === 1 };
}

function typesOf(word: string, types: readonly TypeSummary[], where: string): readonly TypeSummary[] {
  if (word === 'all') return types;
  const found = findTypes(word, types);
  if (found.length > 0 && isPattern(word)) return found;
  const category = types.filter(({ categories }) => categories.includes(word.toLowerCase()));
  return found.length === 0 && category.length > 0 ? category : [oneOf(word, found, types, where)];
}

function oneType(word: string, types: readonly TypeSummary[], where: string): TypeSummary {
  return oneOf(word, findTypes(word, types), types, where);
}

/** Of several types of one name those without an object in the backup are not meant. */
function oneOf(word: string, found: readonly TypeSummary[], types: readonly TypeSummary[], where: string): TypeSummary {
  const filled = found.length > 1 ? found.filter(({ count }) => count > 0) : found;
  const [type, another] = filled.length > 0 ? filled : found;
  if (type === undefined) throw unknownType(word, types, where);
  if (another !== undefined) throw ambiguousType(word, filled);
  return type;
}

/** The type as kubectl names it before a slash: `deployment.apps`, `pod`. */
export function kindName({ kind, group }: TypeSummary): string {
  return typeName({ plural: kind.toLowerCase(), group });
}
