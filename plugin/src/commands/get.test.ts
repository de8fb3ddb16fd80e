import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { memoryShell, type MemoryShell } from '../testing/memory-shell.ts';
import { sampleLocation, type SampleLocation } from '../testing/sample-backup.ts';

let location: SampleLocation;
beforeAll(async () => {
  location = await sampleLocation();
  await location.backUp('nightly');
});
afterAll(() => location[Symbol.asyncDispose]());

async function get(typed: string): Promise<MemoryShell & { readonly exitCode: number }> {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere' } });
  const exitCode = await runCommandLine(['get', 'nightly', '--from', location.folder, ...typed.split(' ')], shell);
  return { ...shell, exitCode };
}

describe('get', () => {
  it.each([
    ['a table of one type', 'deploy -n shop', 'deployments'],
    ['a wide table', 'deploy -n shop -o wide', 'deployments-wide'],
    ['the namespace with -A', 'configmaps -A', 'configmaps-everywhere'],
    ['several types with their kinds', 'deploy,svc -n shop', 'two-types'],
    ['everything', 'all -A', 'all'],
    [
      "the CRD's columns as they were, and terminal controls made harmless",
      'databases.example.com -n shop',
      'databases',
    ],
    ['no head when told so', 'cm -A --no-headers', 'no-headers'],
    ['names', 'deploy,svc,databases.example.com -n shop -o name', 'names'],
    ['one object as itself, Secrets masked, in YAML', 'secret login -n shop -o yaml', 'secret.yaml'],
    ['one object as itself, in JSON', 'cm/settings -n shop -o json', 'configmap.json'],
    ['several objects as a List, in YAML', 'cm -A -o yaml', 'configmaps.yaml'],
    ['several objects as a List, in JSON', 'cm,deploy -n shop -o json', 'list.json'],
    ['an empty List', 'pods -n shop -o yaml', 'empty.yaml'],
    ['only objects whose labels match', 'cm,deploy,svc -A -l app=web -o name', 'labelled'],
    ['objects of one name in all namespaces', 'cm settings -A', 'settings-everywhere'],
  ])('shows %s', async (_, typed, golden) => {
    const { stdout, stderr, exitCode } = await get(typed);
    expect(stderr()).toBe('');
    expect(exitCode).toBe(0);
    await expect(stdout()).toMatchFileSnapshot(`__golden__/get-${golden}${golden.includes('.') ? '' : '.txt'}`);
  });

  it.each([
    'deployments',
    'deployment',
    'deploy',
    'Deployment',
    'DEPLOYMENTS',
    'deployments.apps',
    'deploy.apps',
    'deployment.v1.apps',
  ])('takes %s for the type, as kubectl does', async (word) => {
    expect((await get(`${word} -n shop -o name`)).stdout()).toBe('deployment.apps/db\ndeployment.apps/web\n');
  });

  it.each([
    ['deploy web db -n shop -o name', 'deployment.apps/web\ndeployment.apps/db\n'],
    ['deploy/web svc/web -n shop -o name', 'deployment.apps/web\nservice/web\n'],
    ['-n shop -o name deploy/web', 'deployment.apps/web\n'],
    ['pods,ns -o name', 'namespace/default\nnamespace/shop\n'],
    ['databases -n shop -o name', 'database.example.com/orders\n'],
  ])('reads %s in the order typed', async (typed, names) => {
    expect((await get(typed)).stdout()).toBe(names);
  });

  it.each([
    ['deploy web nope -n shop', 4, 'Error from backup (NotFound): deployments.apps "nope" not found'],
    ['deploy/web -n other', 4, 'Error from backup (NotFound): deployments.apps "web" not found'],
    ['deploy web', 4, 'Error from backup (NotFound): deployments.apps "web" not found'],
    ['widgets', 2, "error: backup 'nightly' has no resource type 'widgets'"],
    ['deplyo', 2, 'hint: did you mean deployments.apps?'],
    ['deploy/web pods', 2, "error: 'pods' is not of the form TYPE/NAME"],
    ['deploy/', 2, "error: 'deploy/' is not of the form TYPE/NAME"],
    ['deploy/a/b', 2, "error: 'deploy/a/b' is not of the form TYPE/NAME"],
    ['cm -l app==,', 2, 'error: '],
    ['cm -o jsonpath={.items}', 2, 'error: --output takes table, wide, yaml, json, name'],
  ])('refuses %s with exit %i', async (typed, exitCode, message) => {
    const found = await get(typed);
    expect(found.stderr()).toContain(message);
    expect(found.exitCode).toBe(exitCode);
  });

  it('shows what is there even when some of what was named is not', async () => {
    const { stdout, exitCode } = await get('deploy web nope -n shop -o name');
    expect([stdout(), exitCode]).toEqual(['deployment.apps/web\n', 4]);
  });

  it('prints no List when the one object that was named is not there', async () => {
    expect((await get('deploy nope -n shop -o json')).stdout()).toBe('');
  });

  it("never shows a Secret's value unless told to, in no format", async () => {
    for (const format of ['yaml', 'json', 'table', 'wide', 'name']) {
      expect((await get(`all -A -o ${format}`)).stdout()).not.toContain('aHVudGVyMg');
    }
    expect((await get('secret login -n shop -o yaml --show-secrets')).stdout()).toContain('password: aHVudGVyMg==');
  });

  it('says where it looked when it finds nothing, and that is no error', async () => {
    const { stdout, stderr, exitCode } = await get('deploy');
    expect(stdout()).toBe('');
    expect(stderr()).toBe('No resources found in default namespace; -A looks in all namespaces.\n');
    expect(exitCode).toBe(0);
  });
});
