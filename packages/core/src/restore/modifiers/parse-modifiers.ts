import { AppError } from '../../errors/app-error.ts';
import type { JsonObject } from '../../object/manifest.ts';
import { parseLabelSelector } from '../../select/label-selector.ts';
import { isDraft, type Draft } from '../draft.ts';
import { groupResourcePattern, nameExpression } from './matches-modifier.ts';
import type { JsonPatchStep, ModifierConditions, ModifierRule, ResourceModifiers } from './resource-modifiers.ts';

/** Reads YAML, of which JSON is a part; the edge brings the library. Throws an Error that says what is wrong. */
export type ParseYaml = (text: string) => unknown;

/**
 * Reads a file of resource modifiers: Velero's YAML as it stands in its ConfigMap, or the whole ConfigMap.
 *
 * Unknown members are refused, as Velero does. Throws USAGE, with the place in the file.
 */
export function parseModifiers(text: string, parseYaml: ParseYaml): ResourceModifiers {
  let root = asObject(yaml(text, parseYaml, 'the file'), 'the file');
  if (root['kind'] === 'ConfigMap') {
    const [inner, ...more] = Object.values(asObject(root['data'] ?? {}, 'data'));
    if (typeof inner !== 'string' || more.length > 0) throw wrong('data', 'must hold one file of modifiers');
    root = asObject(yaml(inner, parseYaml, 'data'), 'data');
  }
  checkMembers(root, ['version', 'resourceModifierRules'], 'the file');
  if (typeof root['version'] !== 'string' || root['version'].toLowerCase() !== 'v1')
    throw wrong('version', 'must be v1');
  const rules = asList(root['resourceModifierRules'], 'resourceModifierRules');
  if (rules.length === 0) throw wrong('resourceModifierRules', 'must not be empty');
  return { rules: rules.map((rule, index) => parseRule(rule, `resourceModifierRules[${index}]`, parseYaml)) };
}

function parseRule(value: unknown, at: string, parseYaml: ParseYaml): ModifierRule {
  const rule = asObject(value, at);
  const kinds = ['patches', 'mergePatches', 'strategicPatches'] as const;
  checkMembers(rule, ['conditions', ...kinds], at);
  const given = kinds.filter((kind) => rule[kind] !== undefined && asList(rule[kind], `${at}.${kind}`).length > 0);
  if (given.length !== 1) throw wrong(at, 'must hold one of patches, mergePatches and strategicPatches');
  const conditions = parseConditions(rule['conditions'], `${at}.conditions`);
  const kind = given[0]!;
  const list = asList(rule[kind], `${at}.${kind}`);
  if (kind === 'patches') {
    const steps = list.map((step, index) => parseStep(step, `${at}.patches[${index}]`));
    return { conditions, patches: { kind: 'json', steps } };
  }
  const patches = list.map((entry, index) => parsePatchData(entry, `${at}.${kind}[${index}]`, parseYaml));
  return { conditions, patches: { kind: kind === 'mergePatches' ? 'merge' : 'strategic', patches } };
}

function parseConditions(value: unknown, at: string): ModifierConditions {
  const conditions = asObject(value, at);
  checkMembers(conditions, ['namespaces', 'groupResource', 'resourceNameRegex', 'labelSelector', 'matches'], at);
  const groupResource = asText(conditions['groupResource'], `${at}.groupResource`);
  if (groupResource === '') throw wrong(`${at}.groupResource`, 'must not be empty');
  attempt(() => groupResourcePattern(groupResource), `${at}.groupResource`);
  const { namespaces, resourceNameRegex, labelSelector, matches = [] } = conditions;
  return {
    groupResource,
    ...(namespaces !== undefined && {
      namespaces: asList(namespaces, `${at}.namespaces`).map((name) => asText(name, `${at}.namespaces`)),
    }),
    ...(resourceNameRegex !== undefined && { resourceNameRegex: parseExpression(resourceNameRegex, at) }),
    ...(labelSelector !== undefined && { labelSelector: parseSelector(labelSelector, `${at}.labelSelector`) }),
    matches: asList(matches, `${at}.matches`).map((entry, index) => {
      const match = asObject(entry, `${at}.matches[${index}]`);
      checkMembers(match, ['path', 'value'], `${at}.matches[${index}]`);
      return { path: asText(match['path'], `${at}.matches[${index}].path`), value: patchValue(match['value']) };
    }),
  };
}

function parseExpression(value: unknown, at: string): string {
  const text = asText(value, `${at}.resourceNameRegex`);
  attempt(() => nameExpression(text), `${at}.resourceNameRegex`);
  return text;
}

/** A LabelSelector object as the text that `kubectl -l` takes. */
function parseSelector(value: unknown, at: string): string {
  const selector = asObject(value, at);
  checkMembers(selector, ['matchLabels', 'matchExpressions'], at);
  const labels = Object.entries(asObject(selector['matchLabels'] ?? {}, `${at}.matchLabels`)).map(
    ([key, label]) => `${key}=${asText(label, `${at}.matchLabels`)}`,
  );
  const expressions = asList(selector['matchExpressions'] ?? [], `${at}.matchExpressions`).map((entry) => {
    const expression = asObject(entry, `${at}.matchExpressions`);
    const key = asText(expression['key'], `${at}.matchExpressions.key`);
    const values = asList(expression['values'] ?? [], `${at}.matchExpressions.values`)
      .map(String)
      .join(',');
    const forms: Readonly<Record<string, string>> = {
      In: `${key} in (${values})`,
      NotIn: `${key} notin (${values})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    };
    const form = forms[asText(expression['operator'], `${at}.matchExpressions.operator`)];
    if (form === undefined) throw wrong(`${at}.matchExpressions.operator`, 'is not known');
    return form;
  });
  const text = [...labels, ...expressions].join(',');
  attempt(() => parseLabelSelector(text), at);
  return text;
}

function parseStep(value: unknown, at: string): JsonPatchStep {
  const step = asObject(value, at);
  checkMembers(step, ['operation', 'from', 'path', 'value'], at);
  const op = asText(step['operation'], `${at}.operation`).toLowerCase() as JsonPatchStep['op'];
  if (!['add', 'remove', 'replace', 'move', 'copy', 'test'].includes(op))
    throw wrong(`${at}.operation`, 'is not known');
  const path = asText(step['path'], `${at}.path`);
  if (path === '') throw wrong(`${at}.path`, 'must not be empty');
  const needsValue = op === 'add' || op === 'replace' || op === 'test';
  return {
    op,
    path,
    ...((op === 'move' || op === 'copy') && { from: asText(step['from'], `${at}.from`) }),
    ...(needsValue && { value: patchValue(step['value']) }),
  };
}

/**
 * The value that Velero makes of its text: JSON where it looks like a number, a truth, null, a list or an object, else
 * text; quotes inside the text make it text in any case.
 *
 * Source: https://github.com/velero-io/velero/blob/main/internal/resourcemodifiers/json_patch.go
 */
function patchValue(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? '';
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) return value.slice(1, -1);
  const looksLikeJson =
    value === 'null' ||
    /^(true|false)$/i.test(value) ||
    /^[{[]/.test(value) ||
    (value !== '' && !Number.isNaN(Number(value)));
  if (!looksLikeJson) return value;
  try {
    return JSON.parse(value.toLowerCase() === 'true' || value.toLowerCase() === 'false' ? value.toLowerCase() : value);
  } catch {
    return value;
  }
}

function parsePatchData(value: unknown, at: string, parseYaml: ParseYaml): JsonObject {
  const entry = asObject(value, at);
  checkMembers(entry, ['patchData'], at);
  const data = yaml(asText(entry['patchData'], `${at}.patchData`), parseYaml, `${at}.patchData`);
  return asObject(data, `${at}.patchData`) as JsonObject;
}

function yaml(text: string, parseYaml: ParseYaml, at: string): unknown {
  return attempt(() => parseYaml(text), at);
}

function attempt<T>(work: () => T, at: string): T {
  try {
    return work();
  } catch (cause) {
    throw wrong(at, cause instanceof Error ? cause.message : 'cannot be read', cause);
  }
}

function asObject(value: unknown, at: string): Draft {
  if (!isDraft(value)) throw wrong(at, 'must be a map');
  return value;
}

function asList(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(at, 'must be a list');
  return value;
}

function asText(value: unknown, at: string): string {
  if (typeof value !== 'string') throw wrong(at, 'must be text');
  return value;
}

function checkMembers(value: Draft, known: readonly string[], at: string): void {
  const unknown = Object.keys(value).find((member) => !known.includes(member));
  if (unknown !== undefined) throw wrong(at, `has an unknown member '${unknown}' (known: ${known.join(', ')})`);
}

function wrong(at: string, what: string, cause?: unknown): AppError {
  return new AppError('USAGE', `resource modifiers: ${at} ${what}`, {
    hint: 'the format is that of https://velero.io/docs/main/restore-resource-modifiers/',
    cause,
  });
}
