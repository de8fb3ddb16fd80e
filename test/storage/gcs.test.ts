import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '@infrabackup/core';
import { checkLocation, openStore } from '@infrabackup/storage';
import { storeConformance } from '@infrabackup/storage/conformance';
import { provisionFakeGcs, startFakeGcs } from '../servers/fake-gcs.ts';
import { startGcsStub, type GcsStub } from '../servers/gcs-stub.ts';
import { describeOnServer } from '../servers/suite.ts';
import { startBreakingWire } from '../support/network-doubles.ts';
import { openWorkplace } from '../support/plugin.ts';
import { attempts, expectFailure, severalParts } from './expect-failure.ts';

const open = (location: string): Promise<Store> => openStore(location, { workingFolder: '/', env: {} });
const before = { ...process.env };
afterAll(() => void (process.env = before));

await describeOnServer('Google Cloud Storage on fake-gcs-server', provisionFakeGcs, startFakeGcs, (on) => {
  let places = 0;
  const newPlace = (): Promise<Store> => open(on.server.location(`place-${++places}`));

  storeConformance('a location in Google Cloud Storage', newPlace, { bufferedMiB: 40 });

  describe('a location in Google Cloud Storage', () => {
    it('is the bucket itself where no prefix is named', async () => {
      const [whole, part] = await Promise.all([open(on.server.location('')), open(on.server.location('part/of'))]);
      await part.create('k', Buffer.from('v'));
      expect((await whole.read('part/of/k')).toString()).toBe('v');
      await whole.remove('part/of/k');
    });

    it('takes a download up again where its connection broke off', async () => {
      const store = await newPlace();
      const value = randomBytes(3_000_000);
      await store.create('k', value);
      await using wire = await startBreakingWire(on.server.endpoint, (connection) =>
        connection < 2 ? 1_000_000 : Infinity,
      );
      const endpoint = `http://127.0.0.1:${wire.port}`;
      const onTheWire = await open(store.uri.replaceAll(on.server.endpoint, endpoint));
      expect((await onTheWire.read('k')).equals(value)).toBe(true);
      expect(wire.asked.length).toBeGreaterThan(2);
    });

    it('is reached by the bundled plugin', async () => {
      await using workplace = await openWorkplace({ kubeconfigPath: '/no/cluster' });
      const location = on.server.location('bundled');
      expect(await workplace.succeed('location', 'check', location)).toContain('is fit for backups');
    });

    it('is fit for backups, as location check sees it', async () => {
      const steps = await Array.fromAsync(checkLocation(await newPlace(), 'id'));
      expect(steps.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => 'done'));
    });

    it('takes a value of many parts once only, whoever else is at it', async () => {
      const store = await newPlace();
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c'].map((letter) => store.create('k', severalParts(letter))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'STORE_EXISTS' });
      }
    });

    it('says so where its bucket is not there', async () => {
      const store = await open(on.server.location('x').replace(on.server.bucket, 'no-such-bucket'));
      for (const attempt of [() => store.create('k', Buffer.from('v')), () => Array.fromAsync(store.list(''))]) {
        await expectFailure(attempt, 'STORE_MISSING', /no such bucket/, /gcloud storage buckets create/);
      }
    });
  });
});

describe('a location in Google Cloud Storage that fails', () => {
  const startStub = async (): Promise<{ stub: GcsStub; store: Store }> => {
    const stub = await startGcsStub();
    onTestFinished(() => stub.stop());
    return { stub, store: await open(`gs://bucket?anonymous=true&endpoint=${stub.endpoint}`) };
  };
  const whole = async (): Promise<Buffer> => Buffer.concat(await Array.fromAsync(severalParts('a')));

  it.for<[string, Parameters<GcsStub['faults']['push']>]>([
    ['the connection, in the middle of a part', [{ on: 'part', keeps: 'half', then: 'breaks' }]],
    ['to take all of a part', [{ on: 'part', keeps: 'half', then: 'says so' }]],
    [
      'for a while',
      [
        { on: 'part', status: 503 },
        { on: 'part', status: 502 },
      ],
    ],
    [
      'under too many requests',
      [
        { on: 'any', status: 429, headers: { 'retry-after': '1' } },
        { on: 'part', status: 429 },
      ],
    ],
    ['to know a token that has just expired', [{ on: 'any', status: 401 }]],
  ])('%s is asked again, and no byte is lost', async ([, faults]) => {
    const { stub, store } = await startStub();
    stub.faults.push(...faults);
    await store.replace('k', severalParts('a'));
    expect(stub.value()!.equals(await whole())).toBe(true);
    expect(stub.faults).toEqual([]);
  });

  it('is not sent again what it has', async () => {
    const { stub, store } = await startStub();
    stub.faults.push({ on: 'part', keeps: 'half', then: 'breaks' });
    await store.replace('k', severalParts('a'));
    expect(stub.received).toEqual([8, 4, 2].map((sizeMiB) => sizeMiB * 1024 * 1024));
  });

  it.each([
    [401, '{"error":{"message":"Invalid Credentials"}}', 'STORE_CREDENTIALS', /not accepted/, /gcloud auth/],
    [
      403,
      '{"error":{"message":"no storage.objects.create","errors":[{"reason":"forbidden"}]}}',
      'STORE_DENIED',
      /objects\.create/,
      /locations\.md/,
    ],
    [403, '{"error":{"message":"x","errors":[{"reason":"quotaExceeded"}]}}', 'STORE_FULL', /x/, /--to/],
    [
      404,
      '{"error":{"message":"The specified bucket does not exist."}}',
      'STORE_MISSING',
      /no such bucket/,
      /buckets create/,
    ],
    [400, '<html>a proxy</html>', 'STORE_UNAVAILABLE', /a proxy/, /try again/],
  ])('with %i and %s is told apart', async (status, body, code, message, hint) => {
    const { stub, store } = await startStub();
    for (const attempt of attempts(store)) {
      stub.faults.splice(0, Infinity, ...Array.from({ length: 3 }, () => ({ on: 'any' as const, status, body })));
      await expectFailure(attempt, code, message, hint);
    }
  });

  it('for want of credentials says where they come from, and repeats none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-gcs-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'key.json');
    await writeFile(file, JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key: 'hunter2' }));
    for (const env of [{}, { GOOGLE_APPLICATION_CREDENTIALS: file }]) {
      process.env = { HOME: folder, PATH: '/nowhere', METADATA_SERVER_DETECTION: 'none', ...env };
      const store = await open('gs://bucket?endpoint=http://127.0.0.1:9');
      await expectFailure(() => store.stat('k'), 'STORE_CREDENTIALS', /no credentials were found/, /gcloud auth/);
    }
  });
});
