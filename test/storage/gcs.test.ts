import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '@infrabackup/core';
import { openStore } from '@infrabackup/storage';
import { temporaryFolder } from '../cluster/temporary-folder.ts';
import { startAnswering } from '../servers/answering-server.ts';
import { provisionFakeGcs, startFakeGcs } from '../servers/fake-gcs.ts';
import { startGcsStub, type GcsStub } from '../servers/gcs-stub.ts';
import { describeOnServer } from '../servers/suite.ts';
import { attempts, expectFailure, severalParts } from './expect-failure.ts';
import { cloudLocation } from './cloud-location.ts';

const open = (location: string): Promise<Store> => openStore(location, { workingFolder: '/', env: {} });
const before = { ...process.env };
afterAll(() => void (process.env = before));

await describeOnServer('Google Cloud Storage on fake-gcs-server', provisionFakeGcs, startFakeGcs, (on) => {
  cloudLocation('a location in Google Cloud Storage', {
    on,
    env: () => ({}),
    bufferedMiB: 40,
    paging: () => ({ sizeParameter: 'maxResults', tokenParameter: 'pageToken' }),
  });

  it('says so where its bucket is not there', async () => {
    const store = await open(on.server.location('x').replace(on.server.bucket, 'no-such-bucket'));
    for (const attempt of [() => store.create('k', Buffer.from('v')), () => Array.fromAsync(store.list(''))]) {
      await expectFailure(attempt, 'STORE_MISSING', /no such bucket/, /gcloud storage buckets create/);
    }
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
    const folder = await temporaryFolder('gcs');
    const file = join(folder, 'key.json');
    await writeFile(file, JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key: 'hunter2' }));
    for (const env of [{}, { GOOGLE_APPLICATION_CREDENTIALS: file }]) {
      process.env = { HOME: folder, PATH: '/nowhere', METADATA_SERVER_DETECTION: 'none', ...env };
      const store = await open('gs://bucket?endpoint=http://127.0.0.1:9');
      await expectFailure(() => store.stat('k'), 'STORE_CREDENTIALS', /no credentials were found/, /gcloud auth/);
    }
  });

  it.each<[string, string, string, RegExp, RegExp]>([
    [
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      'invalid_grant',
      'STORE_CLOCK',
      /clock/,
      /timedatectl/,
    ],
    ['The given credential is rejected', 'invalid_grant', 'STORE_CREDENTIALS', /no credentials/, /gcloud auth/],
  ])(
    'for a federated token that is refused with "%s" is told apart',
    async (description, error, code, message, hint) => {
      const asked: string[] = [];
      const endpoint = await startAnswering((_request, response, body) => {
        asked.push(body);
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error, error_description: description }));
      });
      const folder = await temporaryFolder('gcs');
      await writeFile(join(folder, 'token'), 'hunter2');
      const config = {
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: endpoint,
        credential_source: { file: join(folder, 'token') },
      };
      await writeFile(join(folder, 'federation.json'), JSON.stringify(config));
      process.env = { HOME: folder, PATH: '/nowhere', GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'federation.json') };
      const store = await open('gs://bucket?endpoint=http://127.0.0.1:9');
      await expectFailure(() => store.stat('k'), code, message, hint);
      expect(new URLSearchParams(asked[0]).get('subject_token')).toBe('hunter2');
    },
  );

  it('is asked as its options say: for a key, and without credentials where it is to be anonymous', async () => {
    const seen: (readonly [string, string | null, string | undefined])[] = [];
    const endpoint = await startAnswering(({ method, url, headers }, response) => {
      seen.push([method!, new URL(url!, 'http://x').searchParams.get('kmsKeyName'), headers.authorization]);
      response.writeHead(200, { location: `http://${headers.host!}/session` }).end('{}');
    });
    const key = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
    const store = await open(`gs://bucket?anonymous=true&kmsKey=${key}&endpoint=${endpoint}`);
    await store.replace('k', Buffer.from('v'));
    await store.replace('k', severalParts('a'));
    expect(seen.slice(0, 2)).toEqual([
      ['POST', key, undefined],
      ['POST', key, undefined],
    ]);
  });
});
