import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import {
  countPlanned,
  createBackup,
  encryptionBy,
  openMemoryStore,
  parseEncryptionConfig,
  planBackup,
  type BackupSummary,
  type ClusterReader,
  type Selection,
} from '@infrabackup/core';
import { openDiskSpool } from '@infrabackup/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryShell } from '../testing/memory-shell.ts';
import { sampleObjects, sampleTime, sampleTypes } from '../testing/sample-backup.ts';
import { sampleCluster } from '../testing/sample-cluster.ts';
import { describeShortfalls } from './backup-notes.ts';
import { renderCreated, renderCreatedNotes, renderResultLine } from './created.ts';
import { previewOf, renderPreview } from './preview.ts';

const { err } = memoryShell();
const failures = [{ groupVersion: 'wardle.example.com/v1', message: 'the back end is away' }];

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(`${tmpdir()}/infrabackup-created-`);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function create(reader: ClusterReader, ttlMs?: number): Promise<BackupSummary> {
  const clock = { now: () => Date.parse(sampleTime) };
  return await createBackup(await planBackup(reader, { preset: 'all', rules: [{}] }), {
    reader,
    store: openMemoryStore(),
    openSpool: () => openDiskSpool(scratch),
    writer: { id: 'a', host: 'here#0', pid: 1, clock, isRunning: () => true },
    name: 'nightly',
    tool: 'infrabackup 0.1.0',
    ttlMs,
  });
}

function withoutBytes(text: string): string {
  return text.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST').replaceAll(/\d\.\d KiB/g, 'n.n KiB');
}

describe('what create says at its end', () => {
  it('names everything that exists now, and what to type next', async () => {
    const summary = await create(sampleCluster(sampleTypes, sampleObjects));
    const created = { summary, location: 'file:///backups', from: undefined, tookMs: 2_340 };
    await expect(withoutBytes(renderCreated(created))).toMatchFileSnapshot('__golden__/created.txt');
    const withOptions = renderCreated({ ...created, location: 's3://bucket/prefix?region=eu-1' });
    expect(withOptions).toContain('Location:  s3://bucket/prefix/backups/nightly?region=eu-1\n');
    expect(renderCreatedNotes(created, err)).toBe(
      'warning: 1 Secret lies in this backup UNENCRYPTED: whoever can read the location can read them\n',
    );
  });

  it('says loudly that nothing is encrypted where rules were given that are for nothing in it', async () => {
    const summary = await create(sampleCluster(sampleTypes, sampleObjects));
    const created = { summary, location: 'file:///backups', from: undefined, tookMs: 1, wantsEncryption: true };
    expect(renderCreatedNotes(created, err)).toMatch(/^in clear: all of it: no rule .*\nwarning: 1 Secret lies/);
  });

  it('names the location that was asked for, the expiry, and what is missing', async () => {
    const summary = await create(sampleCluster(sampleTypes, sampleObjects, failures), 86_400_000);
    const created = { summary, location: 'file:///backups', from: 'usb', tookMs: 120_000 };
    const text = withoutBytes(renderCreated(created) + renderCreatedNotes(created, err));
    await expect(text).toMatchFileSnapshot('__golden__/created-partial.txt');
  });

  it('ends the JSON with the whole result on one line', async () => {
    const summary = await create(sampleCluster(sampleTypes, sampleObjects));
    const line = renderResultLine({ summary, location: 'file:///backups', from: undefined, tookMs: 5 });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toMatchObject({
      kind: 'result',
      location: 'file:///backups',
      summary: { name: 'nightly', digest: summary.digest, index: { blockCount: summary.index.blocks.length } },
    });
  });
});

describe('describeShortfalls', () => {
  it('names types of one reason together and others alone', () => {
    const forbidden = (type: string, namespace?: string) => ({
      kind: 'unlisted' as const,
      type,
      ...(namespace !== undefined && { namespace }),
      message: `the API server does not allow it: ${type} is forbidden`,
    });
    expect(
      describeShortfalls([
        forbidden('pods'),
        forbidden('configmaps'),
        forbidden('secrets', 'shop'),
        { kind: 'undiscovered', ...failures[0]! },
        { kind: 'later', type: 'nodes', reason: 'its revision was compacted away' },
      ]),
    ).toEqual([
      '2 types could not be listed, the API server does not allow it: configmaps, pods',
      'secrets in namespace shop could not be listed: the API server does not allow it: secrets is forbidden',
      'nothing of wardle.example.com/v1: its types could not be asked for: the back end is away',
      'nodes is of a later instant than the rest: its revision was compacted away',
    ]);
  });
});

describe('the preview', () => {
  it.each<[string, Selection]>([
    ['everything', { preset: 'all', rules: [{}] }],
    ['a-namespace', { rules: [{ includeNamespaces: ['shop'], excludeResources: ['secrets'] }] }],
    [
      'a-preset',
      { preset: 'infra', rules: [{ includeResources: ['configmaps', 'tlsroutes.gateway.networking.k8s.io'] }] },
    ],
  ])('of %s tells what is in, what is out and why', async (golden, selection) => {
    const reader = sampleCluster(sampleTypes, sampleObjects, failures);
    const plan = await planBackup(reader, selection);
    const preview = previewOf('nightly', 'file:///backups', plan, await countPlanned(reader, plan));
    await expect(renderPreview(preview)).toMatchFileSnapshot(`__golden__/preview-${golden}.txt`);
  });

  it('tells of each type the key that it would be encrypted with', async () => {
    const reader = sampleCluster(sampleTypes, sampleObjects);
    const plan = await planBackup(reader, { rules: [{ includeResources: ['secrets', 'configmaps'] }] });
    const keys = [{ name: 'main', secret: Buffer.alloc(32).toString('base64') }];
    const resources = [{ resources: ['secrets'], providers: [{ aesgcm: { keys } }] }];
    const file = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources };
    const encryption = encryptionBy(parseEncryptionConfig(JSON.stringify(file), 'keys.json'));
    const preview = previewOf('nightly', 'file:///backups', plan, await countPlanned(reader, plan), encryption);
    expect(preview.included.map(({ type, key }) => [type, key])).toEqual([
      ['configmaps', null],
      ['secrets', 'main'],
    ]);
    expect(renderPreview(preview)).toMatch(/configmaps +2 +in clear\nsecrets +1 +main\n/);
  });
});
