import { formatRight } from '../cluster/rights.ts';
import type { ConflictReason, MovedTo, PlannedAnew, SkipReason, UnservableReason } from './reason.ts';

/** Why an object is not brought to what the backup says, in one line for people: what, and the way out where there is one. */
export function describeReason(reason: SkipReason | ConflictReason | UnservableReason): string {
  switch (reason.kind) {
    case 'never-restored':
      return reason.reason;
    case 'exists':
      return 'it exists, and existing objects are left alone';
    case 'managed':
      return `${reason.by} writes it too${reason.suspend === undefined ? '' : ` (to stop that: ${reason.suspend})`}`;
    case 'cluster-scoped':
      return 'it belongs to no namespace, and namespaces are mapped';
    case 'not-creatable':
      return 'nobody can create objects of its type';
    case 'immutable':
      return reason.replace.allowed
        ? `${fields(reason.fields)} cannot change; --existing replace deletes it and creates it anew: ${reason.replace.effect}`
        : `${fields(reason.fields)} cannot change, and it is never replaced: ${reason.replace.effect}`;
    case 'invalid':
    case 'too-large':
      return `the server refuses it (--modifiers can change what is sent): ${reason.message}`;
    case 'quota':
      return `quota ${reason.quota} is used up; raise it, and try again: ${reason.message}`;
    case 'address-taken':
      return `${fields(reason.fields)} ${reason.fields.length > 1 ? 'are' : 'is'} not to be had; --addresses reassign takes another, --modifiers for one written by hand: ${reason.message}`;
    case 'webhook-denied':
      return `webhook ${reason.webhook} refuses it: ${reason.message}`;
    case 'admission-denied':
      return `${reason.policy === undefined ? 'admission' : `policy ${reason.policy}`} refuses it: ${reason.message}`;
    case 'webhook-away':
      return `webhook ${reason.webhook} must be asked and does not answer; bring its back end up or take its configuration away, and try again: ${reason.message}`;
    case 'conversion-away':
      return `the webhook that converts its type does not answer; bring its back end up, and try again: ${reason.message}`;
    case 'forbidden':
      return reason.right === undefined ? reason.message : `you may not ${formatRight(reason.right)}`;
    case 'escalation':
      return `it would give more rights than you have; who has them, or may escalate, can restore it: ${reason.message}`;
    case 'terminating':
      return `it is being deleted${reason.finalizers.length === 0 ? '' : ` and waits for ${reason.finalizers.join(', ')}`}; try again once it is gone`;
    case 'namespace-terminating':
      return `namespace ${reason.namespace} is being deleted; try again once it is gone`;
    case 'namespace-missing':
      return `namespace ${reason.namespace} is neither there nor restored along; create it, or name it too: namespace/${reason.namespace}`;
    case 'same-target':
      return `${reason.other} would become the same object`;
    case 'moved':
      return moves[reason.now] + describeAnew(reason.anew);
    case 'needs':
      return `it needs ${reason.ref}, which was not restored`;
    case 'holds-others':
      return `others have put something into it since: ${reason.refs.join(', ')}`;
    case 'not-reached':
      return 'the run was cut off before';
    case 'server-error':
      return `the server failed again and again: ${reason.message}`;
    case 'unservable':
      return describeUnservable(reason);
  }
}

const moves: Record<MovedTo, string> = {
  appeared: 'somebody has created it meanwhile',
  disappeared: 'somebody has deleted it meanwhile',
  changed: 'somebody has changed it meanwhile',
  replaced: 'somebody has deleted it and created it anew meanwhile',
};

function describeAnew(anew: PlannedAnew | undefined): string {
  if (anew === undefined) return '';
  const { verdict, paths } = anew;
  const named = paths.slice(0, namedPaths).join(', ');
  const more = paths.length > namedPaths ? ` and ${paths.length - namedPaths} more` : '';
  return `; planned anew: ${verdict}${paths.length === 0 ? '' : ` (${named}${more})`}, when it is run again`;
}

/** Fields of an object that a line names; the rest is counted. */
const namedPaths = 3;

function describeUnservable({ reason, apiVersion, since, message, replacement }: UnservableReason): string {
  const said = message === undefined ? '' : `: ${message}`;
  const instead =
    replacement === undefined
      ? ''
      : `; ${replacement.apiVersion} takes it ${replacement.converts === 'as-is' ? 'as it is' : 'once it is converted by hand'}`;
  switch (reason) {
    case 'removed':
      return `${apiVersion} is not served since ${since ?? 'an earlier release'}${said}${instead}`;
    case 'not-yet':
      return `${apiVersion} is not served before ${since ?? 'a later release'}${said}${instead}`;
    case 'off-by-default':
      return `${apiVersion} is served only where somebody has switched it on${said}${instead}`;
    case 'undefined':
      return `no CustomResourceDefinition defines its type${said}`;
    case 'undiscovered':
      return `the cluster could not say whether it serves ${apiVersion}${said}`;
    case 'not-served':
    case 'deprecated':
      return `${apiVersion} is not served${said}${instead}`;
  }
}

function fields(names: readonly string[]): string {
  return names.length === 0 ? 'some field' : names.join(', ');
}
