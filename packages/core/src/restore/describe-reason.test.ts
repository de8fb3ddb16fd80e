import { describe, expect, test } from 'vitest';
import { describeNote } from './describe-note.ts';
import { describeReason } from './describe-reason.ts';

describe('a reason', () => {
  test.each([
    [
      { kind: 'immutable', fields: ['spec.selector'], replace: { allowed: true, effect: 'its Pods stay' } },
      'spec.selector cannot change; --existing replace deletes it and creates it anew: its Pods stay',
    ],
    [
      { kind: 'forbidden', right: { verb: 'update', type: 'secrets', namespace: 'shop' }, message: 'no' },
      'you may not update secrets in shop',
    ],
    [
      { kind: 'terminating', finalizers: ['a.io/x', 'b.io/y'] },
      'it is being deleted and waits for a.io/x, b.io/y; try again once it is gone',
    ],
    [{ kind: 'terminating', finalizers: [] }, 'it is being deleted; try again once it is gone'],
    [
      {
        kind: 'unservable',
        reason: 'removed',
        apiVersion: 'policy/v1beta1',
        since: '1.25',
        replacement: { apiVersion: 'policy/v1', converts: 'by-hand' },
      },
      'policy/v1beta1 is not served since 1.25; policy/v1 takes it once it is converted by hand',
    ],
    [
      { kind: 'moved', now: 'changed', anew: { verdict: 'update', paths: ['a', 'b', 'c', 'd', 'e'] } },
      'somebody has changed it meanwhile; planned anew: update (a, b, c and 2 more), when it is run again',
    ],
    [
      { kind: 'moved', now: 'disappeared', anew: { verdict: 'create', paths: [] } },
      'somebody has deleted it meanwhile; planned anew: create, when it is run again',
    ],
    [
      { kind: 'unservable', reason: 'undefined', apiVersion: 'example.com/v1' },
      'no CustomResourceDefinition defines its type',
    ],
    [
      { kind: 'managed', by: 'Argo CD application shop', suspend: 'argocd app set shop --sync-policy none' },
      'Argo CD application shop writes it too (to stop that: argocd app set shop --sync-policy none)',
    ],
  ] as const)('%o reads as a sentence', (reason, text) => {
    expect(describeReason(reason)).toBe(text);
  });
});

describe('a note', () => {
  test.each([
    [
      { kind: 'owner-dropped', owner: 'deployments.apps/web -n shop', reason: 'not-found' },
      'its owner deployments.apps/web -n shop is not there: the reference is left out, or it would be deleted',
    ],
    [{ kind: 'unvalidated', reason: 'namespace-missing' }, 'not tried on the server: its namespace does not exist yet'],
    [
      { kind: 'managed', by: 'Helm release web', suspend: undefined },
      'Helm release web writes it too and may take this back',
    ],
  ] as const)('%o reads as a sentence', (note, text) => {
    expect(describeNote(note)).toBe(text);
  });
});
