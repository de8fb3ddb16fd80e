import { describe, expect, test } from 'vitest';
import type { Discovery } from '../cluster/reader.ts';
import type { Manifest } from '../object/manifest.ts';
import { checkTypes, type CheckedType } from './check-types.ts';

function type(apiVersion: string, kind: string, plural = `${kind.toLowerCase()}s`, count = 2): CheckedType {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group: group!, version: version!, kind, plural, count };
}

/** A cluster that serves these, the versions of one type in order of preference. */
function serving(...types: readonly (readonly [...versions: string[], kind: string])[]): Discovery {
  return {
    types: types.map((row) => {
      const [kind, ...versions] = row.toReversed() as [string, ...string[]];
      const { group, version, plural } = type(versions.at(-1)!, kind);
      const servedVersions = versions.toReversed().map((apiVersion) => apiVersion.split('/').at(-1)!);
      const rest = { singular: '', shortNames: [], categories: [], namespaced: true, verbs: [], subresources: [] };
      return { group, version, kind, plural, servedVersions, ...rest };
    }),
    failures: [],
  };
}

function definition(strategy: string, ...versions: readonly object[]): Manifest {
  const spec = { conversion: { strategy }, versions };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec,
  };
}

const widgets = type('example.com/v1alpha1', 'Widget');
const defined = (strategy: string, ...versions: object[]): ReadonlyMap<string, Manifest> =>
  new Map([['widgets.example.com', definition(strategy, ...versions)]]);

describe('against a release', () => {
  test('a removed version is named with its replacement and what to know before it is rewritten', () => {
    expect(checkTypes([type('policy/v1beta1', 'PodDisruptionBudget')], { minor: 25 })).toEqual([
      {
        type: 'poddisruptionbudgets.policy',
        apiVersion: 'policy/v1beta1',
        kind: 'PodDisruptionBudget',
        count: 2,
        reason: 'removed',
        since: '1.25',
        replacement: {
          apiVersion: 'policy/v1',
          converts: 'as-is',
          notes: [
            {
              note: 'an empty selector selects every Pod of the namespace; it selected none before',
              source: 'https://kubernetes.io/docs/reference/using-api/deprecation-guide/#poddisruptionbudget-v125',
            },
          ],
        },
      },
    ]);
  });

  test('a version whose fields moved is to be converted by hand', () => {
    const [finding] = checkTypes([type('networking.k8s.io/v1beta1', 'Ingress', 'ingresses')], { minor: 36 });
    expect(finding).toMatchObject({
      reason: 'removed',
      replacement: { apiVersion: 'networking.k8s.io/v1', converts: 'by-hand' },
    });
    expect(finding?.replacement?.notes).toHaveLength(2);
  });

  test('a kind that is gone for good has no replacement', () => {
    const [finding] = checkTypes([type('policy/v1beta1', 'PodSecurityPolicy', 'podsecuritypolicies')], { minor: 30 });
    expect(finding).toMatchObject({ reason: 'removed', since: '1.25' });
    expect(finding?.replacement).toBeUndefined();
  });

  test('a replacement is one that the release already serves', () => {
    const [finding] = checkTypes([type('flowcontrol.apiserver.k8s.io/v1beta1', 'FlowSchema')], { minor: 27 });
    expect(finding?.replacement?.apiVersion).toBe('flowcontrol.apiserver.k8s.io/v1beta3');
  });

  test('an older release is told what it does not have yet, and what it takes instead', () => {
    const [finding] = checkTypes([type('batch/v1', 'CronJob')], { minor: 20 });
    expect(finding).toMatchObject({
      reason: 'not-yet',
      since: '1.21',
      replacement: { apiVersion: 'batch/v1beta1', converts: 'as-is' },
    });
  });

  test('what is served but deprecated says since when and until when, from the release that deprecated it', () => {
    const schemas = [type('flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema')];
    expect(checkTypes(schemas, { minor: 28 })).toEqual([]);
    expect(checkTypes(schemas, { minor: 29 })).toMatchObject([
      { reason: 'deprecated', since: '1.29', removal: '1.32', replacement: { converts: 'as-is' } },
    ]);
  });

  test('an alpha is served only where it was switched on', () => {
    const [finding] = checkTypes([type('resource.k8s.io/v1alpha3', 'DeviceTaintRule')], { minor: 35 });
    expect(finding).toMatchObject({ reason: 'off-by-default' });
  });

  test('what is served without a date, and types without objects, are no finding', () => {
    expect(checkTypes([type('apps/v1', 'Deployment'), type('v1', 'Secret')], { minor: 36 })).toEqual([]);
    expect(checkTypes([type('policy/v1beta1', 'PodDisruptionBudget', undefined, 0)], { minor: 36 })).toEqual([]);
  });

  test('custom resources are as good as the definition that the backup brings along', () => {
    const target = { minor: 36 };
    expect(checkTypes([widgets], target)).toMatchObject([{ reason: 'undefined' }]);
    expect(
      checkTypes([widgets], { ...target, definitions: defined('None', { name: 'v1alpha1', served: true }) }),
    ).toEqual([]);
    expect(
      checkTypes([widgets], { ...target, definitions: defined('None', { name: 'v1alpha1', served: false }) }),
    ).toMatchObject([{ reason: 'undefined' }]);
    const deprecated = { name: 'v1alpha1', served: true, deprecated: true, deprecationWarning: 'use v1' };
    expect(checkTypes([widgets], { ...target, definitions: defined('None', deprecated) })).toMatchObject([
      { reason: 'deprecated', message: 'use v1' },
    ]);
  });
});

describe('against a live cluster', () => {
  const budgets = type('policy/v1beta1', 'PodDisruptionBudget');

  test('what it serves counts, not what its release would', () => {
    const alpha = type('resource.k8s.io/v1alpha3', 'DeviceTaintRule');
    const discovery = serving(['resource.k8s.io/v1alpha3', 'DeviceTaintRule']);
    expect(checkTypes([alpha], { minor: 35, discovery })).toEqual([]);
    expect(checkTypes([type('apps/v1', 'Deployment')], { minor: 35, discovery })).toMatchObject([
      { reason: 'not-served' },
    ]);
  });

  test('a removed version is replaced by one that it serves', () => {
    const discovery = serving(['policy/v1', 'PodDisruptionBudget']);
    expect(checkTypes([budgets], { minor: 36, discovery })).toMatchObject([
      { reason: 'removed', since: '1.25', replacement: { apiVersion: 'policy/v1', converts: 'as-is' } },
    ]);
  });

  test('a version that is served beside the preferred one is no finding', () => {
    const discovery = serving(['policy/v1', 'policy/v1beta1', 'PodDisruptionBudget']);
    expect(checkTypes([budgets], { minor: 20, discovery })).toEqual([]);
  });

  test('a group that could not say what it serves is told from one that does not serve it', () => {
    const discovery = { ...serving(), failures: [{ groupVersion: 'example.com/v1', message: 'no endpoints' }] };
    expect(checkTypes([widgets], { minor: 36, discovery })).toMatchObject([
      { reason: 'undiscovered', message: 'no endpoints' },
    ]);
  });

  test('a custom resource is defined by the cluster, or by the backup', () => {
    const definitions = defined('None', { name: 'v1alpha1', served: true });
    expect(checkTypes([widgets], { minor: 36, discovery: serving() })).toMatchObject([{ reason: 'undefined' }]);
    expect(checkTypes([widgets], { minor: 36, discovery: serving(), definitions })).toEqual([]);
    expect(checkTypes([widgets], { minor: 36, discovery: serving(['example.com/v1alpha1', 'Widget']) })).toEqual([]);
    // A restore merges the versions of both.
    const newer = serving(['example.com/v1', 'Widget']);
    expect(checkTypes([widgets], { minor: 36, discovery: newer, definitions })).toEqual([]);
    expect(checkTypes([widgets], { minor: 36, discovery: newer })).toMatchObject([{ reason: 'not-served' }]);
  });

  test('a custom resource whose version is gone converts as it is only where all versions have one shape', () => {
    const discovery = serving(['example.com/v1', 'Widget']);
    const check = (strategy: string): unknown =>
      checkTypes([widgets], { minor: 36, discovery, liveDefinitions: defined(strategy, { name: 'v1', served: true }) });
    const replacement = { apiVersion: 'example.com/v1', notes: [] };
    expect(check('None')).toMatchObject([{ reason: 'not-served', replacement: { ...replacement, converts: 'as-is' } }]);
    expect(check('Webhook')).toMatchObject([
      { reason: 'not-served', replacement: { ...replacement, converts: 'by-hand' } },
    ]);
  });
});
