import { describe, expect, it } from 'vitest';
import type { ResourceType } from '../object/resource-type.ts';
import { typeName } from '../object/resource-type.ts';
import { rawObject } from '../object/object-scanner.ts';
import { objectFilter } from './match-object.ts';
import { planSelection, type SelectionTarget } from './plan-selection.ts';
import { presetAll, presetInfra } from './presets.ts';
import type { Selection } from './selection.ts';

const types: readonly ResourceType[] = [
  type('pods', 'Pod', '', ['po']),
  type('pods', 'PodMetrics', 'metrics.k8s.io'),
  type('configmaps', 'ConfigMap', '', ['cm']),
  type('secrets', 'Secret'),
  type('events', 'Event', '', ['ev']),
  type('endpointslices', 'EndpointSlice', 'discovery.k8s.io'),
  type('leases', 'Lease', 'coordination.k8s.io'),
  type('namespaces', 'Namespace', '', ['ns'], false),
  type('nodes', 'Node', '', ['no'], false),
  type('persistentvolumes', 'PersistentVolume', '', ['pv'], false),
  { ...type('deployments', 'Deployment', 'apps', ['deploy']), servedVersions: ['v1', 'v1beta2'] },
  type('networkpolicies', 'NetworkPolicy', 'networking.k8s.io', ['netpol']),
  type('networkpolicies', 'NetworkPolicy', 'crd.projectcalico.org'),
  type('certificates', 'Certificate', 'cert-manager.io', ['cert']),
  type('issuers', 'Issuer', 'cert-manager.io'),
  { ...type('tokenreviews', 'TokenReview', 'authentication.k8s.io', [], false), verbs: ['create'] },
];
const namespaces = ['default', 'kube-system', 'shop', 'shop-test'];
const cluster: SelectionTarget = { types, namespaces };

function type(plural: string, kind: string, group = '', shortNames: string[] = [], namespaced = true): ResourceType {
  const singular = kind.toLowerCase();
  const verbs = ['get', 'list'];
  const common = { categories: [], subresources: [], version: 'v1', servedVersions: ['v1'], verbs };
  return { ...common, group, kind, plural, singular, shortNames, namespaced };
}

function plannedTypes(selection: Selection, target = cluster): readonly string[] {
  return planSelection(selection, target).types.map((plan) => typeName(plan.type));
}

describe('the types that a selection takes', () => {
  const cases: Record<string, { selection: Selection; expected: readonly string[] }> = {
    'preset all takes everything listable but noise': {
      selection: presetAll(),
      expected: [
        'certificates.cert-manager.io',
        'configmaps',
        'deployments.apps',
        'endpointslices.discovery.k8s.io',
        'issuers.cert-manager.io',
        'namespaces',
        'networkpolicies.crd.projectcalico.org',
        'networkpolicies.networking.k8s.io',
        'nodes',
        'persistentvolumes',
        'pods',
        'secrets',
      ],
    },
    'a plain name of the core group is not ambiguous with another group of that name': {
      selection: { rules: [{ includeResources: ['pods'] }] },
      expected: ['pods'],
    },
    'short names, kinds and groups mean their type': {
      selection: { rules: [{ includeResources: ['cm', 'Deployment', 'netpol', 'certificate.cert-manager.io'] }] },
      expected: ['certificates.cert-manager.io', 'configmaps', 'deployments.apps', 'networkpolicies.networking.k8s.io'],
    },
    'a pattern takes every type of a group': {
      selection: { rules: [{ includeResources: ['*.cert-manager.io'] }] },
      expected: ['certificates.cert-manager.io', 'issuers.cert-manager.io'],
    },
    'noise that is named is taken': {
      selection: { rules: [{ includeResources: ['events', 'leases'] }] },
      expected: ['events', 'leases.coordination.k8s.io'],
    },
    'noise under a pattern is not taken': {
      selection: { rules: [{ includeResources: ['*'], excludeResources: ['*.cert-manager.io', '*policies*'] }] },
      expected: [
        'configmaps',
        'deployments.apps',
        'endpointslices.discovery.k8s.io',
        'namespaces',
        'nodes',
        'persistentvolumes',
        'pods',
        'secrets',
      ],
    },
    'an exclusion wins over an inclusion': {
      selection: { rules: [{ includeResources: ['cm', 'secrets'], excludeResources: ['secret'] }] },
      expected: ['configmaps'],
    },
    'a selected namespace leaves cluster-scoped types out, but for its own Namespace': {
      selection: { rules: [{ includeNamespaces: ['shop'], excludeResources: ['*.*'] }] },
      expected: ['configmaps', 'namespaces', 'pods', 'secrets'],
    },
    'cluster-scoped types that are named are in, whatever the namespaces': {
      selection: { rules: [{ includeNamespaces: ['shop'], includeResources: ['cm', 'nodes'] }] },
      expected: ['configmaps', 'namespaces', 'nodes'],
    },
    'cluster-scoped types can be asked for': {
      selection: {
        rules: [
          {
            includeNamespaces: ['shop'],
            includeResources: ['*'],
            includeClusterResources: true,
            excludeResources: ['*.*'],
          },
        ],
      },
      expected: ['configmaps', 'namespaces', 'nodes', 'persistentvolumes', 'pods', 'secrets'],
    },
    'cluster-scoped types can be refused': {
      selection: { rules: [{ includeResources: ['cm', 'nodes'], includeClusterResources: false }] },
      expected: ['configmaps'],
    },
    'a regular expression takes kinds and plurals, case and all': {
      selection: { rules: [{ includeResources: ['/^Pod/', '/^config/'], excludeResources: ['/^nodes$/'] }] },
      expected: ['configmaps', 'pods'],
    },
    'an apiVersion takes the types that its group serves in that version, also one that it does not prefer': {
      selection: { rules: [{ apiVersion: 'apps/v1beta2' }, { apiVersion: 'v1', includeResources: ['/./'] }] },
      expected: ['configmaps', 'deployments.apps', 'namespaces', 'nodes', 'persistentvolumes', 'pods', 'secrets'],
    },
    'exactly what is selected brings no Namespace along': {
      selection: { exact: true, rules: [{ includeNamespaces: ['shop'], includeResources: ['cm'] }] },
      expected: ['configmaps'],
    },
    'preset infra takes the cluster and policy, and neither pods nor volumes': {
      selection: presetInfra(),
      expected: [
        'certificates.cert-manager.io',
        'configmaps',
        'deployments.apps',
        'endpointslices.discovery.k8s.io',
        'issuers.cert-manager.io',
        'namespaces',
        'networkpolicies.crd.projectcalico.org',
        'networkpolicies.networking.k8s.io',
        'nodes',
        'secrets',
      ],
    },
  };
  it.each(Object.entries(cases))('%s', (_, { selection, expected }) => {
    expect(plannedTypes(selection)).toEqual(expected);
  });
});

describe('the namespaces that a selection lists', () => {
  const scopeOf = (selection: Selection, target = cluster): readonly string[] | undefined =>
    planSelection(selection, target).types.find((plan) => typeName(plan.type) === 'configmaps')?.namespaces;

  it('are all at once when none is named', () => {
    expect(scopeOf(presetAll())).toBeUndefined();
  });
  it('are listed one by one, sorted, patterns expanded, exclusions taken off', () => {
    const rule = { includeNamespaces: ['shop*', 'default'], excludeNamespaces: ['*-test'] };
    expect(scopeOf({ rules: [rule] })).toEqual(['default', 'shop']);
  });
  it('are all at once when some are only excluded, and the objects are asked', () => {
    const plan = planSelection({ rules: [{ excludeNamespaces: ['shop*'] }] }, cluster);
    const configMaps = plan.types.find((found) => typeName(found.type) === 'configmaps')!;
    expect(configMaps.namespaces).toBeUndefined();
    const filter = objectFilter(configMaps)!;
    expect(filter(object({ name: 'a', namespace: 'shop-test' }))).toBe(false);
    expect(filter(object({ name: 'a', namespace: 'default' }))).toBe(true);
  });
  it('narrow a preset', () => {
    const selection: Selection = { ...presetInfra(), within: { includeNamespaces: ['shop'] } };
    expect(scopeOf(selection)).toEqual(['shop']);
    const plan = planSelection(selection, cluster);
    expect(plan.types.map((found) => typeName(found.type))).toEqual([
      'configmaps',
      'namespaces',
      'networkpolicies.networking.k8s.io',
      'secrets',
    ]);
    expect(plan.types.find((found) => typeName(found.type) === 'namespaces')?.onlyNames).toEqual(['shop']);
  });
  it('are taken as named by a user who may not list namespaces', () => {
    expect(scopeOf({ rules: [{ includeNamespaces: ['mine'] }] }, { types, namespaces: undefined })).toEqual(['mine']);
  });
  it('that are most of the cluster are told, if it could be asked', () => {
    const meansMost = (selection: Selection, target = cluster): readonly boolean[] =>
      planSelection(selection, target).types.map((plan) => plan.meansMost);
    const all = { includeNamespaces: ['*'], includeResources: ['configmaps'] };
    expect(meansMost({ rules: [all] })).toEqual([true, true]);
    expect(meansMost({ rules: [{ ...all, includeNamespaces: ['shop'] }] })).toEqual([false, false]);
    expect(meansMost({ rules: [{ includeResources: ['configmaps'], excludeNamespaces: ['shop'] }] })).toEqual([false]);
    const unknown = { ...cluster, namespaces: undefined };
    expect(meansMost({ rules: [{ ...all, includeNamespaces: ['shop', 'default'] }] }, unknown)).toEqual([false, false]);
  });
  it('that do not exist are told, beside those that do', () => {
    const plan = planSelection({ rules: [{ includeNamespaces: ['shop', 'typo'] }] }, cluster);
    expect(plan.missingNamespaces).toEqual(['typo']);
  });
});

describe('a selection that cannot be meant is refused', () => {
  const cases: Record<string, { selection: Selection; target?: SelectionTarget; code: string; text: RegExp }> = {
    'an unknown type, with near names': {
      selection: { rules: [{ includeResources: ['configmap5'] }] },
      code: 'TYPE_UNKNOWN',
      text: /configmap5/,
    },
    'an unknown type to exclude': {
      selection: { rules: [{ excludeResources: ['secretz'] }] },
      code: 'TYPE_UNKNOWN',
      text: /secretz/,
    },
    'an ambiguous type': {
      selection: { rules: [{ includeResources: ['networkpolicies'] }] },
      code: 'TYPE_AMBIGUOUS',
      text: /networkpolicies\.networking\.k8s\.io or .*calico|calico.* or .*networking/,
    },
    'namespaces of which none exists, never widened to all': {
      selection: { rules: [{ includeNamespaces: ['typo'] }] },
      code: 'SELECTION_EMPTY',
      text: /no namespace/,
    },
    'an empty list of namespaces, never widened to all': {
      selection: { rules: [{ includeNamespaces: [] }] },
      code: 'SELECTION_EMPTY',
      text: /no namespace/,
    },
    'a namespace pattern that cannot be expanded': {
      selection: { rules: [{ includeNamespaces: ['shop*'] }] },
      target: { types, namespaces: undefined },
      code: 'USAGE',
      text: /may not be listed/,
    },
    'nothing left of the types': {
      selection: { rules: [{ includeResources: ['cm'], excludeResources: ['cm'] }] },
      code: 'SELECTION_EMPTY',
      text: /no resource type/,
    },
    'a version that is not served': {
      selection: { rules: [{ apiVersion: 'apps/v9' }] },
      code: 'TYPE_UNKNOWN',
      text: /apps\/v9/,
    },
    'a broken label selector': {
      selection: { rules: [{ labelSelector: 'a in (b' }] },
      code: 'USAGE',
      text: /label selector/,
    },
  };
  it.each(Object.entries(cases))('%s', (_, { selection, target, code, text }) => {
    expect(() => planSelection(selection, target ?? cluster)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(text) as string }),
    );
  });
});

describe('what a preset names and the cluster does not serve', () => {
  it('is data, not an error', () => {
    const plan = planSelection(presetInfra(), cluster);
    expect(plan.unserved).toContain('ciliumnetworkpolicies.cilium.io');
    expect(plan.unserved).toContain('tcproutes.gateway.networking.k8s.io');
    expect(plan.unserved).not.toContain('configmaps');
  });
  it('is so for a version too, and for a type in it', () => {
    const rules = [
      { apiVersion: 'v1' },
      { apiVersion: 'management.cattle.io/v3', includeResources: ['/./'] },
      { apiVersion: 'apps/v1', includeResources: ['/^Gone$/'] },
    ];
    expect(planSelection({ preset: 'rancher', rules }, cluster).unserved).toEqual(['Gone', 'management.cattle.io/v3']);
  });
});

describe('the question asked of each object', () => {
  const filterOf = (selection: Selection, name: string): ReturnType<typeof objectFilter> => {
    const found = planSelection(selection, cluster).types.find((plan) => typeName(plan.type) === name);
    return objectFilter(found!);
  };
  it('is none where the requests already select', () => {
    expect(filterOf(presetAll(), 'configmaps')).toBeUndefined();
    expect(filterOf({ rules: [{ includeNamespaces: ['shop'], labelSelector: 'a=b' }] }, 'configmaps')).toBeUndefined();
  });
  it('tells managed endpoint slices from those of a user', () => {
    const filter = filterOf(presetAll(), 'endpointslices.discovery.k8s.io')!;
    const managed = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' };
    expect(filter(object({ name: 'a', namespace: 'shop', labels: managed }))).toBe(false);
    expect(filter(object({ name: 'a', namespace: 'shop' }))).toBe(true);
  });
  it('is a union of rules with labels of their own', () => {
    const rules = [{ labelSelector: 'app=web' }, { labelSelector: 'app=db', names: ['x*'] }];
    const filter = filterOf({ rules }, 'configmaps')!;
    expect(filter(object({ name: 'y', namespace: 'shop', labels: { app: 'web' } }))).toBe(true);
    expect(filter(object({ name: 'y', namespace: 'shop', labels: { app: 'db' } }))).toBe(false);
    expect(filter(object({ name: 'x1', namespace: 'shop', labels: { app: 'db' } }))).toBe(true);
  });
  it('is about fields where rules of one type ask for different ones, and the server is not asked', () => {
    const rules = [{ fieldSelector: 'metadata.name=a' }, { fieldSelector: 'kind=ConfigMap,metadata.namespace!=shop' }];
    const plan = planSelection({ rules }, cluster).types.find((found) => typeName(found.type) === 'configmaps')!;
    expect(plan.fieldSelectors).toEqual([]);
    const filter = objectFilter(plan)!;
    expect(filter(object({ name: 'a', namespace: 'shop' }))).toBe(true);
    expect(filter(object({ name: 'b', namespace: 'shop' }))).toBe(false);
    expect(filter(object({ name: 'b', namespace: 'default' }))).toBe(true);
  });
  it('is not about fields that the server filters by', () => {
    const plan = planSelection({ rules: [{ fieldSelector: 'metadata.name=a' }] }, cluster).types[0]!;
    expect(plan.fieldSelectors).toEqual(['metadata.name=a']);
    expect(objectFilter(plan)).toBeUndefined();
  });
  it('keeps names and excluded names apart', () => {
    const filter = filterOf({ rules: [{ names: ['web-*'], excludeNames: ['*-old'] }] }, 'configmaps')!;
    expect(filter(object({ name: 'web-1', namespace: 'shop' }))).toBe(true);
    expect(filter(object({ name: 'web-old', namespace: 'shop' }))).toBe(false);
    expect(filter(object({ name: 'db', namespace: 'shop' }))).toBe(false);
  });
});

function object(metadata: { name: string; namespace?: string; labels?: Record<string, string> }) {
  return rawObject(Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata })));
}
