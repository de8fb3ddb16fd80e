import { isAppError } from '../../errors/app-error.ts';
import { sameContent } from '../../diff/compare-manifests.ts';
import { sameJson } from '../../diff/same-json.ts';
import { managedBy } from '../../diff/managed-by.ts';
import type { DryRunWriter, WriteAnswer, WriteRequest } from '../../cluster/writer.ts';
import type { Manifest } from '../../object/manifest.ts';
import { refKey, type ObjectRef } from '../../object/ref.ts';
import type { ResourceType } from '../../object/resource-type.ts';
import { classifyRefusal } from '../classify-refusal.ts';
import type { ContentDigester } from '../content-of.ts';
import { withOwnership } from '../field-ownership.ts';
import { neverRestoredBy, type NeverRestoredContext } from '../never-restored.ts';
import type { ResolvedOwners } from '../owners.ts';
import type { PlanNote, UnvalidatedReason } from '../plan-note.ts';
import { prepareObject, type ObjectToPrepare, type PrepareContext, type PreparedObject } from '../prepare-object.ts';
import type { ConflictReason, SkipReason, UnservableReason } from '../reason.ts';
import { replacementOf } from '../replaceable.ts';
import type { RestoreOptions } from '../restore-options.ts';
import type { PlannedWrite, Verdict } from '../restore-plan.ts';
import type { TypeTarget } from './type-target.ts';

/** One object of the backup that differs from what is live, or is not live. */
export interface Candidate {
  readonly manifest: Manifest;
  readonly source: ObjectRef;
  readonly target: ObjectRef;
  readonly live: Manifest | undefined;
  /** Whether it was asked for by name. */
  readonly named: boolean;
}

/** What judging needs beside the object. Asking it waits for nothing. */
export interface Judgement {
  readonly options: RestoreOptions;
  readonly prepare: PrepareContext;
  readonly digester: ContentDigester;
  readonly dryRun: DryRunWriter;
  /** Whether an object is live, or is in the backup. */
  readonly exists: (ref: ObjectRef) => boolean;
  /** What becomes of a namespace: live and well, being deleted, restored along, or none of these. */
  readonly namespaceState: (namespace: string) => 'live' | 'terminating' | 'planned' | 'absent';
  /** Whether the server answers at all. */
  readonly isServerUp: () => Promise<boolean>;
  readonly signal: AbortSignal | undefined;
}

/** What would be done with an object, before its place among others is known. */
export interface Judged {
  readonly verdict: Verdict;
  readonly reason?: SkipReason | ConflictReason | UnservableReason;
  readonly notes: readonly PlanNote[];
  readonly write?: PlannedWrite;
  /** What would be there afterwards, for those who show it; undefined where nothing is written. */
  readonly after?: Manifest;
}

/**
 * Roles and bindings are tried in any case: what a user may not grant, the server alone can tell.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
const alwaysTried = /\.rbac\.authorization\.k8s\.io$/;

/** Judges one object. Asks the server, by dry run, about changes, and about creations where the options want it. */
export async function judgeObject(candidate: Candidate, target: TypeTarget, judgement: Judgement): Promise<Judged> {
  const { options } = judgement;
  const { manifest, live } = candidate;
  if (target.kind === 'unservable') return { verdict: 'unservable', reason: target.reason, notes: [] };
  const { type } = target;
  if (candidate.target.namespace === undefined && isLeftByMapping(candidate.target, options)) {
    return skip({ kind: 'cluster-scoped' });
  }
  if (!type.verbs.includes('create')) return skip({ kind: 'not-creatable' });

  const { prepared, facts } = prepareNoting({ ...candidate, type }, judgement.prepare);
  const row = candidate.named ? undefined : keptBack(manifest, candidate.target, prepared.owners, judgement);
  if (row !== undefined) {
    const { id, reason, source } = row;
    return skip({ kind: 'never-restored', row: id, reason, source });
  }
  const notes = [...prepared.notes, ...targetNotes(target)];
  return await (live === undefined
    ? judgeCreation(candidate, type, target, prepared, facts, notes, judgement)
    : judgeChange({ ...candidate, live }, type, target, prepared, facts, notes, judgement));
}

/** What item rules were told, so that they can be told the same when the object is written. */
type RuleFacts = Pick<PlannedWrite, 'missing' | 'autoscaled'>;

function prepareNoting(
  object: ObjectToPrepare,
  context: PrepareContext,
): { prepared: PreparedObject; facts: RuleFacts } {
  const missing: string[] = [];
  let autoscaled = false;
  const rules: PrepareContext['rules'] = {
    ...context.rules,
    willExist: (ref) => {
      const exists = context.rules.willExist(ref);
      if (!exists) missing.push(refKey(ref));
      return exists;
    },
    isAutoscaled: (ref) => {
      autoscaled = context.rules.isAutoscaled(ref);
      return autoscaled;
    },
  };
  const prepared = prepareObject(object, { ...context, rules });
  return { prepared, facts: { missing, autoscaled } };
}

function isLeftByMapping({ type }: ObjectRef, options: RestoreOptions): boolean {
  const isMapped = Object.keys(options.namespaceMapping).length > 0;
  return isMapped && !options.includeClusterResources && type !== 'namespaces';
}

function keptBack(manifest: Manifest, target: ObjectRef, owners: ResolvedOwners, judgement: Judgement) {
  const context: NeverRestoredContext = {
    controller: owners.controller,
    isBeside: (type, name) => judgement.exists({ type, namespace: target.namespace, name }),
    isInCluster: (type, name) => judgement.exists({ type, name }),
  };
  const row = neverRestoredBy(target.type, manifest, context);
  return row?.kind === 'control-plane' && judgement.options.includeControlPlane ? undefined : row;
}

function targetNotes(target: TypeTarget): readonly PlanNote[] {
  if (target.kind !== 'rewritten') return [];
  const to = target.type.group === '' ? target.type.version : `${target.type.group}/${target.type.version}`;
  return [{ kind: 'version-changed', from: target.from, to }];
}

async function judgeCreation(
  candidate: Candidate,
  type: ResourceType,
  target: TypeTarget,
  prepared: PreparedObject,
  facts: RuleFacts,
  notes: readonly PlanNote[],
  judgement: Judgement,
): Promise<Judged> {
  const { namespace } = candidate.target;
  const place = namespace === undefined ? 'live' : judgement.namespaceState(namespace);
  if (place === 'absent') return conflict({ kind: 'namespace-missing', namespace: namespace! });
  if (place === 'terminating') return conflict({ kind: 'namespace-terminating', namespace: namespace! });
  const after = shownAfter(prepared);
  const planned = (more: readonly PlanNote[]): Judged => {
    return {
      verdict: 'create',
      notes: [...notes, ...more],
      write: writeOf(type, prepared, facts, undefined, judgement),
      after,
    };
  };
  const mustTry = judgement.options.validate || target.kind === 'rewritten' || alwaysTried.test(candidate.target.type);
  if (place === 'planned') return planned(mustTry ? [unvalidated('namespace-missing')] : []);
  if (target.kind === 'defined') {
    return planned([unvalidated(target.listed === undefined ? 'definition-missing' : 'definition-changes')]);
  }
  if (!mustTry) return planned([]);
  const request = { verb: 'create', ...at(candidate, type), body: withoutOpenOwners(prepared.body) } as const;
  const answer = await tryOut(request, target, judgement);
  return settled(answer, candidate, target, {
    done: (object, warnings) => ({ ...planned(warnings), ...(object && { after: withStatus(object, prepared) }) }),
    untried: () => planned([unvalidated('webhook-side-effects')]),
    // Something of that name has come up since the lists were read.
    moved: () => conflict({ kind: 'moved', now: 'appeared' }),
  });
}

async function judgeChange(
  candidate: Candidate & { readonly live: Manifest },
  type: ResourceType,
  target: TypeTarget,
  prepared: PreparedObject,
  facts: RuleFacts,
  notes: readonly PlanNote[],
  judgement: Judgement,
): Promise<Judged> {
  const { live } = candidate;
  const { options } = judgement;
  const isSame = (object: Manifest): boolean => sameContent(live, object) && isStatusKept(live, prepared);
  const isGoing = live.metadata.deletionTimestamp !== undefined;
  const wasGoing = candidate.manifest.metadata.deletionTimestamp !== undefined;
  if ((!isGoing || wasGoing) && isSame(prepared.body)) return { verdict: 'unchanged', notes: [] };
  if (isGoing) {
    return conflict({ kind: 'terminating', finalizers: live.metadata.finalizers ?? [] });
  }
  if (options.existing === 'skip') return skip({ kind: 'exists' });
  const manager = managedBy(live);
  if (manager !== undefined && options.managed === 'skip') {
    return skip({ kind: 'managed', by: manager.who, suspend: manager.suspend });
  }
  const write = writeOf(type, prepared, facts, live, judgement);
  const managed: readonly PlanNote[] =
    manager === undefined ? [] : [{ kind: 'managed', by: manager.who, suspend: manager.suspend }];
  const planned = (more: readonly PlanNote[]): Judged => {
    return { verdict: 'update', notes: [...notes, ...managed, ...more], write, after: shownAfter(prepared) };
  };
  if (target.kind === 'defined') return planned([unvalidated('definition-changes')]);

  // To work out who would own which field is a third of the server's work, and nothing of a dry run is kept.
  const body = withOwnership(overLive(withoutOpenOwners(prepared.body), live), []);
  const answer = await tryOut({ verb: 'update', ...at(candidate, type), body }, target, judgement);
  return settled(answer, candidate, target, {
    done: (object, warnings) => {
      if (object !== undefined && isSame(object)) return { verdict: 'unchanged', notes: [] };
      return { ...planned(warnings), ...(object && { after: withStatus(object, prepared) }) };
    },
    untried: () => planned([unvalidated('webhook-side-effects')]),
    moved: () => conflict({ kind: 'moved', now: 'changed' }),
    immutable: () => {
      if (options.existing !== 'replace' || !replacementOf(candidate.target.type).allowed) return undefined;
      const anew = prepareNoting({ ...candidate, type, live: undefined }, judgement.prepare);
      return {
        verdict: 'replace',
        notes: [...anew.prepared.notes, ...targetNotes(target), ...managed],
        write: writeOf(type, anew.prepared, anew.facts, live, judgement),
        after: shownAfter(anew.prepared),
      };
    },
  });
}

/** What a dry run leads to. */
interface Outcomes {
  readonly done: (object: Manifest | undefined, warnings: readonly PlanNote[]) => Judged;
  readonly untried: () => Judged;
  readonly moved: () => Judged;
  readonly immutable?: () => Judged | undefined;
}

function settled(answer: WriteAnswer, candidate: Candidate, target: TypeTarget, outcomes: Outcomes): Judged {
  if (answer.kind === 'done') {
    const warnings = answer.warnings.map((message) => ({ kind: 'server-warning', message }) as const);
    return outcomes.done(answer.object, warnings);
  }
  const meaning = classifyRefusal(answer.refusal, candidate.target.type);
  switch (meaning.kind) {
    case 'moved':
      return outcomes.moved();
    case 'no-dry-run':
      return outcomes.untried();
    case 'not-served':
      return { verdict: 'unservable', notes: [], reason: notServed(candidate.manifest) };
    case 'passing':
    case 'conflict': {
      const { reason } = meaning;
      if (target.kind === 'rewritten' && reason.kind === 'invalid') {
        return { verdict: 'unservable', notes: [], reason: misfit(target, reason.message) };
      }
      return (reason.kind === 'immutable' ? outcomes.immutable?.() : undefined) ?? conflict(reason);
    }
  }
}

function notServed(manifest: Manifest): UnservableReason {
  return { kind: 'unservable', reason: 'not-served', apiVersion: manifest.apiVersion };
}

/** The table says that it fits, and the server does not agree. */
function misfit({ finding, from }: TypeTarget & { kind: 'rewritten' }, message: string): UnservableReason {
  const { replacement } = finding;
  return {
    kind: 'unservable',
    reason: finding.reason,
    apiVersion: from,
    message,
    ...(replacement !== undefined && { replacement: { apiVersion: replacement.apiVersion, converts: 'by-hand' } }),
  };
}

/**
 * Strictly where the object was rewritten: a member that the other version does not know would be lost in silence.
 *
 * A request that the server does not survive, while it answers others, is the object's own trouble.
 */
async function tryOut(request: WriteRequest, target: TypeTarget, judgement: Judgement): Promise<WriteAnswer> {
  const { dryRun, signal, isServerUp } = judgement;
  const fieldValidation = target.kind === 'rewritten' ? 'Strict' : 'Warn';
  try {
    return await dryRun.write(request, { signal, fieldValidation });
  } catch (error) {
    if (!isAppError(error, 'CLUSTER_UNREACHABLE', 'CLUSTER_TIMEOUT') || !(await isServerUp())) throw error;
    const refusal = { httpStatus: 500, reason: 'InternalError', message: error.message, causes: [] };
    return { kind: 'refused', refusal };
  }
}

function at({ target }: Candidate, type: ResourceType): Pick<WriteRequest, 'type' | 'namespace' | 'name'> {
  return { type, namespace: target.namespace, name: target.name };
}

function writeOf(
  type: ResourceType,
  { body, status, owners }: PreparedObject,
  facts: RuleFacts,
  live: Manifest | undefined,
  { digester }: Judgement,
): PlannedWrite {
  return {
    version: type.version,
    request: digester.requestOf(body),
    status: status !== undefined,
    owners: owners.owners,
    ...facts,
    ...(live !== undefined && {
      over: {
        uid: live.metadata.uid ?? '',
        resourceVersion: live.metadata.resourceVersion ?? '',
        content: digester.contentOf(live),
      },
    }),
  };
}

function isStatusKept(live: Manifest, { status }: PreparedObject): boolean {
  return status === undefined || sameJson(live['status'], status);
}

/** Owners that are yet to be created have no uid to try with. */
function withoutOpenOwners(body: Manifest): Manifest {
  const { ownerReferences } = body.metadata;
  if (ownerReferences?.every(({ uid }) => uid !== '') ?? true) return body;
  return { ...body, metadata: { ...body.metadata, ownerReferences: ownerReferences!.filter(({ uid }) => uid !== '') } };
}

/** The body as it is sent: refused when the live object is another one, or has moved on. */
export function overLive(body: Manifest, { metadata: { uid, resourceVersion } }: Manifest): Manifest {
  return {
    ...body,
    metadata: { ...body.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
  };
}

function shownAfter(prepared: PreparedObject): Manifest {
  return withStatus(prepared.body, prepared);
}

function withStatus(object: Manifest, { status }: PreparedObject): Manifest {
  return status === undefined ? object : { ...object, status };
}

function unvalidated(reason: UnvalidatedReason): PlanNote {
  return { kind: 'unvalidated', reason };
}

function skip(reason: SkipReason): Judged {
  return { verdict: 'skip', reason, notes: [] };
}

function conflict(reason: ConflictReason): Judged {
  return { verdict: 'conflict', reason, notes: [] };
}
