import { structuredPatch } from 'diff';
import type { Manifest } from '../object/manifest.ts';
import type { CompareOptions } from './compare-manifests.ts';
import { renderYaml } from '../object/render-yaml.ts';
import { visibleManifest } from './hidden-fields.ts';
import { shapeOf, type Shape } from './list-keys.ts';
import { maskSecrets } from './mask-secrets.ts';
import { pairItems } from './pair-items.ts';
import { isNothing, isObject, own, sameJson } from './same-json.ts';

/** Some neighbouring lines that differ, with those around them. */
export interface Hunk {
  /** The number of the first line, from 1; of the line before it where the side has none here. */
  readonly beforeStart: number;
  readonly beforeLines: number;
  readonly afterStart: number;
  readonly afterLines: number;
  /** Each begins with a blank, `-` or `+`. */
  readonly lines: readonly string[];
}

/** How two manifests differ, as text. */
export type TextDiff =
  /** Empty when nothing differs. */
  | { readonly kind: 'hunks'; readonly hunks: readonly Hunk[] }
  /** Nobody would read it, or it was not found in time. */
  | { readonly kind: 'too-large'; readonly beforeLines: number; readonly afterLines: number };

/** How to show the difference. */
export interface TextDiffOptions extends CompareOptions {
  /** Lines around each difference; absent: 3. */
  readonly contextLines?: number | undefined;
  /** When to give up looking for the shortest difference; absent: 500. */
  readonly timeoutMs?: number | undefined;
}

/** More changed lines than anybody reads, and the point from which finding them costs seconds. */
const maxChangedLines = 10_000;

/**
 * The difference of two manifests as lines of YAML; pass undefined for a side that does not exist.
 *
 * It shows what `compareManifests` finds and nothing else: hidden fields are gone, Secret values masked, members
 * sorted, and lists whose order says nothing put in the order of `before`. Never longer than `timeoutMs` and about half
 * a second for two objects of a megabyte, so an editor calls it in a worker.
 */
export function textDiff(
  before: Manifest | undefined,
  after: Manifest | undefined,
  options: TextDiffOptions = {},
): TextDiff {
  const [left, right] = readableTexts(before, after, options);
  const patch = structuredPatch('', '', left, right, '', '', {
    context: options.contextLines ?? 3,
    timeout: options.timeoutMs ?? 500,
    maxEditLength: maxChangedLines,
  });
  if (patch === undefined) return { kind: 'too-large', beforeLines: lineCount(left), afterLines: lineCount(right) };
  const hunks = patch.hunks.map(({ oldStart, oldLines, newStart, newLines, lines }): Hunk => {
    const beforeStart = oldLines === 0 ? oldStart - 1 : oldStart;
    const afterStart = newLines === 0 ? newStart - 1 : newStart;
    return { beforeStart, beforeLines: oldLines, afterStart, afterLines: newLines, lines };
  });
  return { kind: 'hunks', hunks };
}

/** What stands above a difference. */
export interface DiffHeader {
  /** The object and what happens to it. */
  readonly title: string;
  /** What the lines with `-` are of. */
  readonly before: string;
  /** What the lines with `+` are of. */
  readonly after: string;
}

/** The lines of a unified diff, without colours; none when nothing differs. `patch` and editors read them. */
export function formatTextDiff(diff: TextDiff, { title, before, after }: DiffHeader): string[] {
  const header = [`diff ${title}`, `--- ${before}`, `+++ ${after}`];
  if (diff.kind === 'too-large') {
    const sizes = `${diff.beforeLines} lines before, ${diff.afterLines} after`;
    return [...header, `# too different to be read line by line: ${sizes}`];
  }
  if (diff.hunks.length === 0) return [];
  const range = (start: number, count: number): string => (count === 1 ? `${start}` : `${start},${count}`);
  const hunks = diff.hunks.flatMap((hunk) => [
    `@@ -${range(hunk.beforeStart, hunk.beforeLines)} +${range(hunk.afterStart, hunk.afterLines)} @@`,
    ...hunk.lines,
  ]);
  return [...header, ...hunks];
}

/**
 * Both manifests as the YAML that {@link textDiff} compares, for a diff program of the user's own or an editor's;
 * empty for a side that does not exist.
 */
export function readableTexts(
  before: Manifest | undefined,
  after: Manifest | undefined,
  options: CompareOptions = {},
): [before: string, after: string] {
  const [left, right] = maskSecrets(before, after).map((side) => side && visibleManifest(side, options));
  const reference = after ?? before;
  const shape = reference && shapeOf(reference, options.crd);
  const names = [...new Set([...membersOf(left), ...membersOf(right)])].sort();
  const texts: [string, string] = ['', ''];
  // Most of an object is the same on both sides, and its text most of the work: neighbours that are same are written once.
  let same: [name: string, value: unknown][] = [];
  for (const name of names) {
    const old = left && own(left, name);
    const now = right && own(right, name);
    if (sameJson(old, now)) {
      same.push([name, readable(old)]);
      continue;
    }
    const before = membersYaml(same);
    texts[0] += before + membersYaml([[name, readable(old)]]);
    texts[1] += before + membersYaml([[name, readable(now, old, shape?.member(name))]]);
    same = [];
  }
  const rest = membersYaml(same);
  return [texts[0] + rest, texts[1] + rest];
}

function membersOf(value: Manifest | undefined): readonly string[] {
  return value === undefined ? [] : Object.keys(value);
}

function membersYaml(members: readonly (readonly [name: string, value: unknown])[]): string {
  const some = members.filter(([, value]) => !isNothing(value));
  return some.length === 0 ? '' : renderYaml(Object.fromEntries(some));
}

/** A copy with sorted members and without null ones, its free lists in the order of `model`. */
function readable(value: unknown, model?: unknown, shape?: Shape): unknown {
  if (Array.isArray(value)) {
    const { pairs, free } = pairItems(Array.isArray(model) ? model : [], value, shape);
    const models = new Map(pairs.map(({ before, after }) => [after, before]));
    const items = free ? pairs.map(({ after }) => after).filter((item) => !isNothing(item)) : value;
    return items.map((item) => readable(item, models.get(item), shape?.items));
  }
  if (!isObject(value)) return value;
  const names = Object.keys(value).filter((name) => !isNothing(value[name]));
  return Object.fromEntries(
    names.sort().map((name) => {
      return [name, readable(value[name], isObject(model) ? own(model, name) : undefined, shape?.member(name))];
    }),
  );
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.trimEnd().split('\n').length;
}
