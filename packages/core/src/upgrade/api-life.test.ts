import { describe, expect, test } from 'vitest';
import { apiLife, parseKubernetesMinor, servingAt, successorsOf, type Serving } from './api-life.ts';
import { conversionNotes } from './conversion-notes.ts';
import { lifeCycleTable, newestKnownMinor } from './life-cycle-table.ts';

describe('the generated table', () => {
  test('knows what the deprecation guide says of a removed API', () => {
    expect(apiLife('policy/v1beta1', 'PodDisruptionBudget')).toEqual({
      kind: 'PodDisruptionBudget',
      apiVersion: 'policy/v1beta1',
      introduced: 5,
      deprecated: 21,
      removed: 25,
      replacement: 'policy/v1',
      fits: ['policy/v1'],
    });
  });

  test.each([
    ['policy/v1beta1', 'PodSecurityPolicy', 25],
    ['flowcontrol.apiserver.k8s.io/v1beta2', 'FlowSchema', 29],
    ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 26],
    ['batch/v2alpha1', 'CronJob', 21],
    ['networking.k8s.io/v1alpha1', 'ClusterCIDR', 29],
    ['apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition', 22],
    ['apiregistration.k8s.io/v1beta1', 'APIService', 22],
    ['extensions/v1beta1', 'Deployment', 16],
  ])(
    'knows that %s %s was removed in 1.%i, although newer sources no longer have some of them',
    (version, kind, minor) => {
      expect(apiLife(version, kind)?.removed).toBe(minor);
    },
  );

  test('knows which versions have the same shape from the structs themselves', () => {
    const fits = (from: string, kind: string, to: string): boolean => apiLife(from, kind)!.fits.includes(to);
    expect(fits('batch/v1beta1', 'CronJob', 'batch/v1')).toBe(true);
    expect(fits('autoscaling/v2beta2', 'HorizontalPodAutoscaler', 'autoscaling/v2')).toBe(true);
    expect(fits('autoscaling/v2beta1', 'HorizontalPodAutoscaler', 'autoscaling/v2')).toBe(false);
    expect(fits('networking.k8s.io/v1beta1', 'Ingress', 'networking.k8s.io/v1')).toBe(false);
    expect(fits('apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition', 'apiextensions.k8s.io/v1')).toBe(false);
    expect(fits('extensions/v1beta1', 'NetworkPolicy', 'networking.k8s.io/v1')).toBe(true);
    expect(
      fits('flowcontrol.apiserver.k8s.io/v1beta2', 'PriorityLevelConfiguration', 'flowcontrol.apiserver.k8s.io/v1'),
    ).toBe(false);
  });

  test('names every replacement and every version that fits as one that it has', () => {
    const lines = lifeCycleTable.trim().split('\n');
    const dangling = lines.filter((line) => {
      const [kind, , , , , replacement, ...fits] = line.split(' ');
      return [replacement!, ...fits].some((version) => version !== '-' && apiLife(version, kind!) === undefined);
    });
    expect(lines.length).toBeGreaterThan(150);
    expect(dangling).toEqual([]);
    expect(newestKnownMinor).toBeGreaterThanOrEqual(37);
  });

  test('has both versions of every conversion note', () => {
    const known = ({ kind, from, to }: (typeof conversionNotes)[number]): boolean =>
      apiLife(from, kind) !== undefined && apiLife(to, kind) !== undefined;
    expect(conversionNotes.filter((row) => !known(row))).toEqual([]);
  });
});

describe('servingAt', () => {
  test.each<[string, string, number, Serving]>([
    ['policy/v1beta1', 'PodDisruptionBudget', 24, 'served'],
    ['policy/v1beta1', 'PodDisruptionBudget', 25, 'removed'],
    ['policy/v1', 'PodDisruptionBudget', 20, 'not-yet'],
    ['apps/v1', 'Deployment', 36, 'served'],
    ['admissionregistration.k8s.io/v1alpha1', 'MutatingAdmissionPolicy', 36, 'off-by-default'],
    // New betas are off since 1.24, new versions of an older beta are not.
    ['resource.k8s.io/v1beta1', 'ResourceClaim', 33, 'off-by-default'],
    ['flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema', 28, 'served'],
  ])('%s %s on 1.%i: %s', (version, kind, minor, serving) => {
    expect(servingAt(apiLife(version, kind)!, minor)).toBe(serving);
  });
});

describe('successorsOf', () => {
  const successors = (version: string, kind: string): string[] =>
    successorsOf(apiLife(version, kind)!).map(({ apiVersion }) => apiVersion);

  test('follows replacements to their end, the last one first', () => {
    expect(successors('flowcontrol.apiserver.k8s.io/v1alpha1', 'FlowSchema').slice(0, 2)).toEqual([
      'flowcontrol.apiserver.k8s.io/v1',
      'flowcontrol.apiserver.k8s.io/v1beta3',
    ]);
  });

  test('follows a kind into the group that it moved to', () => {
    expect(successors('extensions/v1beta1', 'Ingress')[0]).toBe('networking.k8s.io/v1');
  });

  test('falls back to the other versions of the group where no replacement is named', () => {
    expect(successors('node.k8s.io/v1beta1', 'RuntimeClass')[0]).toBe('node.k8s.io/v1');
    expect(successors('batch/v1', 'CronJob')).toEqual(['batch/v1beta1', 'batch/v2alpha1']);
  });
});

describe('parseKubernetesMinor', () => {
  test.each([
    ['1.36', 36],
    ['v1.30.14', 30],
    ['v1.33.2-gke.100', 33],
    ['v1.28.5+k3s1', 28],
    ['1.27+', 27],
  ])('reads %s', (text, minor) => expect(parseKubernetesMinor(text)).toBe(minor));

  test.each(['', '36', '2.1', '1.x', '1.36beta', 'latest'])("refuses '%s'", (text) => {
    expect(() => parseKubernetesMinor(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
