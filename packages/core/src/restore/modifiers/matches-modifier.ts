import { sameJson } from '../../diff/same-json.ts';
import type { Manifest } from '../../object/manifest.ts';
import type { ObjectRef } from '../../object/ref.ts';
import { matchesLabels, parseLabelSelector } from '../../select/label-selector.ts';
import { valuesAt } from '../field-path.ts';
import type { ModifierConditions } from './resource-modifiers.ts';

/** Whether the rule's conditions hold for the object as it is in the backup. */
export function matchesModifier(conditions: ModifierConditions, ref: ObjectRef, manifest: Manifest): boolean {
  const { namespaces = [], groupResource, resourceNameRegex, labelSelector, matches } = conditions;
  const isIncluded = namespaces.length === 0 || namespaces.includes('*');
  if (ref.namespace !== undefined && !isIncluded && !namespaces.includes(ref.namespace)) return false;
  if (!groupResourcePattern(groupResource).test(ref.type)) return false;
  if (resourceNameRegex !== undefined && !nameExpression(resourceNameRegex).test(ref.name)) return false;
  if (
    labelSelector !== undefined &&
    !matchesLabels(parseLabelSelector(labelSelector), manifest.metadata.labels ?? {})
  ) {
    return false;
  }
  return matches.every(({ path, value }) => holds(manifest, path, value));
}

function holds(manifest: Manifest, path: string, value: unknown): boolean {
  const segments = path.split('/').slice(1);
  let at: unknown = manifest;
  for (const segment of segments) {
    at = Array.isArray(at) ? (at as unknown[])[Number(segment)] : valuesAt(at, `/${segment}`)[0];
  }
  return at !== undefined && sameJson(at, value);
}

/**
 * Velero's glob for types, whose separator is the dot: `*` is one part of a name, `**` any number of them, `{a,b}` one
 * of several, `[ab]` a letter.
 *
 * Source: https://pkg.go.dev/github.com/gobwas/glob
 */
export function groupResourcePattern(pattern: string): RegExp {
  let source = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*') {
      const isDouble = pattern[at + 1] === '*';
      source += isDouble ? '.*' : '[^.]*';
      if (isDouble) at++;
    } else if (char === '?') source += '[^.]';
    else if (char === '{') {
      source += '(?:';
      depth++;
    } else if (char === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (char === ',' && depth > 0) source += '|';
    else if (char === '[') {
      const end = pattern.indexOf(']', at);
      if (end < 0) throw new Error(`has a bracket that does not close: ${pattern}`);
      source += pattern
        .slice(at, end + 1)
        .replace(/^\[!/, '[^')
        .replaceAll('\\', '\\\\');
      at = end;
    } else source += char.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  }
  if (depth > 0) throw new Error(`has a brace that does not close: ${pattern}`);
  return new RegExp(`^${source}$`);
}

/** Go's expression as ours: they differ in flags in front (`(?i)`), which move behind. Found anywhere in the name. */
export function nameExpression(text: string): RegExp {
  const { flags = '', rest = '' } = /^(?:\(\?(?<flags>[ims]+)\))?(?<rest>.*)$/s.exec(text)?.groups ?? {};
  return new RegExp(rest, `u${flags}`);
}
