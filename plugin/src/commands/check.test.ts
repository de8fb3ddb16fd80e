import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '@infrabackup/core';
import { runCommandLine } from '../command-line.ts';
import { memoryShell, type MemoryShell } from '../testing/memory-shell.ts';
import { sampleLocation, sampleObjects, type SampleLocation } from '../testing/sample-backup.ts';
import { sampleType } from '../testing/sample-cluster.ts';

const old = (apiVersion: string, kind: string, name: string): Manifest => {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' } };
};

/** The shop, with a definition that says which versions are served. */
const objects = sampleObjects.map((object) =>
  object.kind === 'CustomResourceDefinition'
    ? { ...object, spec: { versions: [{ name: 'v2', served: true }] } }
    : object,
);

let location: SampleLocation;
beforeAll(async () => {
  location = await sampleLocation();
  await location.backUp('current', { objects });
  await location.backUp('old', {
    types: [
      sampleType('policy', 'PodDisruptionBudget', 'poddisruptionbudgets', { version: 'v1beta1' }),
      sampleType('networking.k8s.io', 'Ingress', 'ingresses', { version: 'v1beta1' }),
      sampleType('policy', 'PodSecurityPolicy', 'podsecuritypolicies', { version: 'v1beta1' }),
      sampleType('example.net', 'Orphan', 'orphans'),
    ],
    objects: [
      ...objects,
      old('policy/v1beta1', 'PodDisruptionBudget', 'web'),
      old('policy/v1beta1', 'PodDisruptionBudget', 'db'),
      old('networking.k8s.io/v1beta1', 'Ingress', 'web'),
      old('policy/v1beta1', 'PodSecurityPolicy', 'strict'),
      old('example.net/v1', 'Orphan', 'left'),
    ],
  });
});
afterAll(() => location[Symbol.asyncDispose]());

async function check(typed: string): Promise<MemoryShell & { readonly exitCode: number }> {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere' } });
  const exitCode = await runCommandLine(['check', ...typed.split(' '), '--from', location.folder], shell);
  return { ...shell, exitCode };
}

describe('check', () => {
  it.each([
    ['what the release no longer serves, and what replaces it', 'old --target-version 1.36', 'check-removed.txt'],
    ['what is deprecated before it is removed', 'old --target-version 1.21', 'check-deprecated.txt'],
    ['every object with -o name', 'old --target-version 1.36 -o name', 'check-names.txt'],
    ['all of it for programs', 'old --target-version v1.36.3 -o json', 'check.json'],
  ])('shows %s', async (_, typed, golden) => {
    const { stdout, stderr, exitCode } = await check(typed);
    expect(exitCode).toBe(1);
    await expect(stdout() + stderr()).toMatchFileSnapshot(`__golden__/${golden}`);
  });

  it('ends with 0 when everything is served, a custom resource by the definition that comes with it', async () => {
    const { stdout, stderr, exitCode } = await check('current --target-version 1.36');
    expect([stdout(), exitCode]).toEqual(['', 0]);
    expect(stderr()).toBe('Kubernetes 1.36 takes every object of current as it is stored.\n');
  });

  it('says what it cannot know of a release that is newer than itself', async () => {
    expect((await check('current --target-version 1.99')).stderr()).toContain(
      'warning: this program knows the APIs of Kubernetes up to 1.',
    );
  });

  it.each([
    ['old --target-version latest', 2, "'latest' is no version of Kubernetes"],
    ['nope --target-version 1.36', 4, 'has no backup nope'],
    ['old', 2, 'no cluster is configured'],
  ])('refuses %s with exit %i', async (typed, exitCode, message) => {
    const found = await check(typed);
    expect(found.stderr()).toContain(message);
    expect(found.exitCode).toBe(exitCode);
  });
});
