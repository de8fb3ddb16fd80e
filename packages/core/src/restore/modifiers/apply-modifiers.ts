import { applyPatch } from 'rfc6902';
import { AppError } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { formatRef, type ObjectRef } from '../../object/ref.ts';
import { copyJson, isDraft, setMember, type Draft } from '../draft.ts';
import type { PlanNote } from '../plan-note.ts';
import { matchesModifier } from './matches-modifier.ts';
import type { JsonPatchStep, ModifierRule, ResourceModifiers } from './resource-modifiers.ts';
import { strategicMerge } from './strategic-merge.ts';

/** The object as it is in the backup, which conditions are held against. */
export interface ModifierSource {
  readonly ref: ObjectRef;
  readonly manifest: Manifest;
}

/**
 * Applies every rule whose conditions hold, in order, and notes which did.
 *
 * A failed `test` leaves the object as it was before the rule. Throws USAGE for a patch that cannot be applied: a
 * path that is not there, or one that takes away what makes the object an object.
 */
export function applyModifiers(
  draft: Draft,
  modifiers: ResourceModifiers | undefined,
  source: ModifierSource,
): { readonly draft: Draft; readonly notes: readonly PlanNote[] } {
  let modified = draft;
  const notes: PlanNote[] = [];
  for (const [index, rule] of (modifiers?.rules ?? []).entries()) {
    if (!matchesModifier(rule.conditions, source.ref, source.manifest)) continue;
    const next = applyRule(modified, rule, index, source.ref);
    if (next === undefined) continue;
    checkIdentity(draft, next, index, source.ref);
    modified = next;
    notes.push({ kind: 'modified', rule: index + 1 });
  }
  return { draft: modified, notes };
}

/** Undefined when a test of the rule says that it is not meant. */
function applyRule(draft: Draft, { patches }: ModifierRule, index: number, ref: ObjectRef): Draft | undefined {
  switch (patches.kind) {
    case 'json':
      return applySteps(draft, patches.steps, index, ref);
    case 'merge':
      return patches.patches.reduce<Draft>((object, patch) => mergePatch(object, patch) as Draft, draft);
    case 'strategic':
      return patches.patches.reduce<Draft>((object, patch) => strategicMerge(object, patch), draft);
  }
}

function applySteps(draft: Draft, steps: readonly JsonPatchStep[], index: number, ref: ObjectRef): Draft | undefined {
  const copy = copyJson(draft) as Draft;
  for (const step of steps) {
    const [error] = applyPatch(copy, [step as Parameters<typeof applyPatch>[1][number]]);
    if (error?.name === 'TestError' || (step.op === 'test' && error !== null)) return undefined;
    if (error !== null && error !== undefined) {
      throw broken(index, ref, `${step.op} ${step.path}: there is nothing at that path`);
    }
  }
  return copy;
}

/** Source: https://www.rfc-editor.org/rfc/rfc7386 */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isDraft(patch)) return copyJson(patch);
  const merged: Draft = isDraft(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else setMember(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}

/** A rule may change all but what the object is, and what it is called. */
function checkIdentity(before: Draft, after: Draft, index: number, ref: ObjectRef): void {
  const [was, is] = [before, after].map((draft) => {
    const metadata = isDraft(draft['metadata']) ? draft['metadata'] : {};
    return JSON.stringify([draft['apiVersion'], draft['kind'], metadata['name'], metadata['namespace']]);
  });
  if (was !== is) throw broken(index, ref, 'it changes apiVersion, kind, name or namespace');
}

function broken(index: number, ref: ObjectRef, what: string): AppError {
  return new AppError('USAGE', `resource modifier rule ${index + 1} does not fit ${formatRef(ref)}: ${what}`, {
    hint: 'narrow its conditions, or put a test before the step',
    refs: [formatRef(ref)],
  });
}
