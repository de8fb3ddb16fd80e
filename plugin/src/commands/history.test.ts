import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '@infrabackup/core';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommandLine } from '../command-line.ts';
import { memoryShell, type MemoryShell } from '../testing/memory-shell.ts';
import { sampleLocation, sampleObjects, type SampleLocation } from '../testing/sample-backup.ts';

/** The shop with its Deployment `web` at so many replicas, or without it. */
function shop(replicas: number | undefined, password = 'aHVudGVyMg=='): Manifest[] {
  return sampleObjects.flatMap((object) => {
    if (object.kind === 'Secret') return [{ ...object, data: { password } }];
    if (object.kind !== 'Deployment' || object.metadata.name !== 'web') return [object];
    return replicas === undefined ? [] : [{ ...object, spec: { ...(object['spec'] as object), replicas } }];
  });
}

let location: SampleLocation;
beforeAll(async () => {
  location = await sampleLocation();
  const days: [name: string, day: number, replicas: number | undefined, password?: string][] = [
    ['monday', 16, 3],
    ['tuesday', 17, 3],
    ['wednesday', 18, 5, 'Y29ycmVjdA=='],
    ['thursday', 19, undefined],
    ['friday', 20, 5],
  ];
  for (const [name, day, replicas, password] of days) {
    await location.backUp(name, { at: `2026-11-${day}T08:30:00Z`, objects: shop(replicas, password) });
  }
});
afterAll(() => location[Symbol.asyncDispose]());

async function history(typed: string): Promise<MemoryShell & { readonly exitCode: number }> {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere' } });
  const exitCode = await runCommandLine(['history', ...typed.split(' '), '--from', location.folder], shell);
  return { ...shell, exitCode };
}

describe('history', () => {
  it.each([
    ['the versions of an object, the newest first', 'deploy/web -n shop', 'history.txt'],
    ['what changed from one to the next with --patch', 'deploy/web -n shop --patch', 'history-patch.txt'],
    ['the newest backup of each version with -o name', 'deploy web -n shop -o name', 'history-names.txt'],
    ['all of it for programs', 'deployments.apps/web -n shop -o json', 'history.json'],
    ['that a Secret changed, and never how', 'secret/login -n shop -p', 'history-secret.txt'],
  ])('shows %s', async (_, typed, golden) => {
    const { stdout, stderr, exitCode } = await history(typed);
    expect([stderr(), exitCode]).toEqual(['', 0]);
    await expect(stdout()).toMatchFileSnapshot(`__golden__/${golden}`);
  });

  it('reads an object that is in no namespace, whatever namespace is given', async () => {
    expect((await history('ns/shop -n elsewhere --no-headers')).stdout()).toMatch(/ monday +friday +5 +first seen\n$/);
  });

  it.each([
    ['deploy/web', 4, 'has deployments.apps/web -n default'],
    ['deploy/nope -n shop', 4, 'hint: see what a backup has: kubectl infrabackup get BACKUP deployments.apps -A'],
    ['deplyo/web', 2, 'did you mean deployments.apps?'],
    ['deploy', 2, "'deploy' names no object"],
    ['deploy/a/b', 2, "'deploy/a/b' names no object"],
  ])('refuses %s with exit %i', async (typed, exitCode, message) => {
    const found = await history(typed);
    expect(found.stderr()).toContain(message);
    expect(found.exitCode).toBe(exitCode);
  });

  it('names a backup that cannot be read, shows the rest and ends with 3', async () => {
    await location.backUp('sunday', { at: '2026-11-22T08:30:00Z' });
    await writeFile(join(location.folder, 'backups/sunday/sunday-summary.json'), '{');
    const { stdout, stderr, exitCode } = await history('ns/shop --no-headers');
    await rm(join(location.folder, 'backups/sunday'), { recursive: true });
    expect(stderr()).toMatch(/^warning: sunday: /);
    expect(stdout()).toMatch(/ monday +friday /);
    expect(exitCode).toBe(3);
  });
});
