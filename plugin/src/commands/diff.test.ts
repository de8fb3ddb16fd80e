import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '@infrabackup/core';
import { runCommandLine } from '../command-line.ts';
import { memoryShell, type MemoryShell } from '../testing/memory-shell.ts';
import { sampleLocation, sampleObjects, type SampleLocation } from '../testing/sample-backup.ts';

/** The shop a day later: web scaled and relabelled, db gone, a new ConfigMap, another password, a status moved. */
const later: Manifest[] = sampleObjects.flatMap((object): Manifest[] => {
  const { kind, metadata } = object;
  if (kind === 'Secret') return [{ ...object, data: { password: 'Y29ycmVjdA==' } }];
  if (kind === 'Namespace' && metadata.name === 'shop') {
    return [
      object,
      { ...object, kind: 'ConfigMap', metadata: { ...metadata, name: 'fresh', namespace: 'shop' }, data: { a: 'b' } },
    ];
  }
  if (kind === 'Database') return [{ ...object, status: {} }];
  if (kind !== 'Deployment') return [object];
  return metadata.name === 'db' ? [] : [{ ...object, spec: { ...(object['spec'] as object), replicas: 5 } }];
});

let location: SampleLocation;
beforeAll(async () => {
  location = await sampleLocation();
  await location.backUp('monday', { at: '2026-11-16T08:30:00Z' });
  await location.backUp('tuesday', { at: '2026-11-17T08:30:00Z' });
  await location.backUp('friday', { at: '2026-11-20T08:30:00Z', objects: later });
});
afterAll(() => location[Symbol.asyncDispose]());

async function diff(
  typed: string,
  env: Record<string, string> = {},
): Promise<MemoryShell & { readonly exitCode: number }> {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere', ...env } });
  const exitCode = await runCommandLine(['diff', ...typed.split(' '), '--from', location.folder], shell);
  return { ...shell, exitCode };
}

describe('diff of two backups', () => {
  it.each([
    ['line by line', 'monday friday', 'diff-unified.txt'],
    ['a line for each object', 'monday friday -o summary', 'diff-summary.txt'],
    ['the names of what differs', 'monday friday -o name', 'diff-names.txt'],
    ['all of it for programs', 'monday friday -o json', 'diff.json'],
    ['the other way round', 'friday monday -o summary', 'diff-reversed.txt'],
    ['a single object', 'monday friday deploy/web -n shop', 'diff-object.txt'],
    ['what a selection means', 'monday friday -n shop --exclude-resources secrets -o name', 'diff-selected.txt'],
  ])('shows %s', async (_, typed, golden) => {
    const { stdout, stderr, exitCode } = await diff(typed);
    expect(exitCode).toBe(1);
    await expect(stdout() + stderr()).toMatchFileSnapshot(`__golden__/${golden}`);
  });

  it.each(['monday tuesday', 'monday tuesday -o summary', 'monday tuesday -o name', 'monday friday svc/web -n shop'])(
    '%s: ends with 0 and prints nothing where nothing differs',
    async (typed) => {
      const { stdout, stderr, exitCode } = await diff(typed);
      expect([stdout(), stderr(), exitCode]).toEqual(['', '', 0]);
    },
  );

  it('compares the status only when told to', async () => {
    expect((await diff('monday friday databases.example.com/orders -n shop')).exitCode).toBe(0);
    const { stdout, exitCode } = await diff('monday friday databases.example.com/orders -n shop --status all');
    expect(stdout()).toContain('-  conditions:');
    expect(exitCode).toBe(1);
  });

  it('never shows the value of a Secret, in no format', async () => {
    for (const format of ['unified', 'summary', 'json', 'name']) {
      expect((await diff(`monday friday -o ${format}`)).stdout()).not.toMatch(/aHVudGVyMg|Y29ycmVjdA/);
    }
  });

  it.each([
    ['monday nope', 4, 'has no backup nope'],
    ['monday friday deploy/nope -n shop', 4, 'neither monday nor friday has deployments.apps/nope -n shop'],
    ['monday friday widgets/a', 2, "has no resource type 'widgets'"],
    ['monday friday --prune', 2, '--prune says how to restore'],
    ['monday friday deploy/web -l app=web', 2, 'single objects are named by TYPE/NAME and one -n, without --selector'],
    ['monday friday -n nope', 2, 'nope'],
    ['monday', 2, 'no cluster is configured'],
    ['monday --namespace-mapping shop', 2, "--namespace-mapping 'shop' is no mapping"],
    ['monday --modifiers /nowhere.yaml', 2, 'the modifiers in /nowhere.yaml cannot be read'],
    ['monday ./friday', 2, '--from'],
  ])('refuses %s with exit %i', async (typed, exitCode, message) => {
    const found = await diff(typed);
    expect(found.stderr()).toContain(message);
    expect(found.exitCode).toBe(exitCode);
  });
});

describe('KUBECTL_EXTERNAL_DIFF', () => {
  /** A program that shows what it is given, and who may read it. */
  async function program(script: string): Promise<string> {
    const path = join(location.folder, `show-${Math.random().toString(36).slice(2)}.sh`);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o700);
    return path;
  }

  it('is given two folders that only we can read, with masked Secrets, and they are gone afterwards', async () => {
    const path = await program(
      'echo "$1"; for d in "$2" "$3"; do stat -c "%a" "$d"; (cd "$d" && grep -r . | sort); done; echo "$2"; exit 1',
    );
    const { stdout, exitCode } = await diff('monday friday secret/login deploy/db -n shop', {
      KUBECTL_EXTERNAL_DIFF: `${path} -u`,
    });
    const folder = stdout().trim().split('\n').at(-1)!;
    expect(stdout()).toMatch(/^-u\n700\n/);
    expect(stdout()).toContain(`00002.secrets.shop.login:  password: '*** (before)'`.replaceAll("'", '"'));
    expect(stdout()).toContain('00001.deployments.apps.shop.db:kind: Deployment');
    expect(stdout()).not.toMatch(/aHVudGVyMg|Y29ycmVjdA/);
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(exitCode).toBe(1);
  });

  it('is not asked where nothing differs, and its failure is ours', async () => {
    const path = await program('echo asked; exit 3');
    expect((await diff('monday tuesday', { KUBECTL_EXTERNAL_DIFF: path })).stdout()).toBe('');
    const { stderr, exitCode } = await diff('monday friday', { KUBECTL_EXTERNAL_DIFF: path });
    expect(stderr()).toContain('ended with 3');
    expect(exitCode).toBe(2);
    expect((await diff('monday friday', { KUBECTL_EXTERNAL_DIFF: '/nowhere' })).stderr()).toContain('cannot be run');
  });
});
