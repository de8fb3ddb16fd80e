import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { claimBackup, deleteBackup, backupFiles, listDebris, type Store } from '@infrabackup/core';
import { backupWriter, checkLocation, openStore } from '@infrabackup/storage';
import { startAnswering } from '../servers/answering-server.ts';
import { describeOnServer } from '../servers/suite.ts';
import { provisionVersitygw, startVersitygw } from '../servers/versitygw.ts';
import { signedFor, startWeakS3, type WeakS3 } from '../servers/weak-s3.ts';
import { startHttpProxy } from '../support/network-doubles.ts';
import { attempts, expectFailure, severalParts } from './expect-failure.ts';
import { cloudLocation } from './cloud-location.ts';

const context = { workingFolder: '/', env: {} };
const clock = { now: () => Date.now() };
const files = backupFiles('nightly');

// The client of AWS reads the environment of the process by itself.
const before = { ...process.env };
function useEnvironment(env: Readonly<Record<string, string>>): void {
  const others = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'));
  process.env = { ...Object.fromEntries(others), ...env, AWS_EC2_METADATA_DISABLED: 'true' };
}
afterAll(() => void (process.env = before));

await describeOnServer('S3 on versitygw', provisionVersitygw, startVersitygw, (on) => {
  beforeEach(() => useEnvironment({ ...on.server.keys }));

  const { newPlace } = cloudLocation('an S3 location', {
    on,
    env: () => ({ ...on.server.keys }),
    bufferedMiB: 80,
    paging: () => ({
      sizeParameter: 'max-keys',
      tokenParameter: 'continuation-token',
      headersOf: (request) => signedFor(on.server, request),
    }),
    leftovers: () => on.server.unfinishedUploads(),
  });

  describe('an S3 location', () => {
    it('keeps no part of an upload that was cancelled or whose source failed', async () => {
      const store = await newPlace();
      const stop = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let i = 0; ; i++) {
          await Promise.resolve();
          if (i === 100) stop.abort();
          yield Buffer.alloc(256 * 1024, i);
        }
      }
      await expect(store.create('k', endless(), stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await on.server.unfinishedUploads()).toEqual([]);
    });

    it('goes through the proxy that the environment names, with large values too', async () => {
      await using proxy = await startHttpProxy();
      // Only the proxy knows where that is; what is on this machine is reached directly.
      const host = `store.example:${new URL(on.server.endpoint).port}`;
      const location = on.server.location('proxied', { endpoint: `https://${host}` });
      const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '10.0.0.0/8' };
      const store = await openStore(location, { ...context, env });
      await store.create('k', Buffer.alloc(9_000_000));
      expect((await store.read('k')).length).toBe(9_000_000);
      expect(new Set(proxy.asked)).toEqual(new Set([host]));
      const asked = proxy.asked.length;
      await (await openStore(on.server.location('proxied'), { ...context, env })).stat('k');
      const direct = await openStore(location, { ...context, env: { ...env, NO_PROXY: '.example' } });
      await expectFailure(() => direct.stat('k'), 'STORE_UNAVAILABLE', /store\.example/, /try again|look at/);
      expect(proxy.asked).toHaveLength(asked);
    });

    it('says what is wrong with a proxy, and not which', async () => {
      const env = { HTTPS_PROXY: 'socks5://me:hunter2@127.0.0.1:1' };
      const location = on.server.location('proxied', { endpoint: 'https://store.example' });
      const store = await openStore(location, { ...context, env });
      await expectFailure(() => store.stat('k'), 'USAGE', /no http or https URL/, /NO_PROXY/);
    });

    it('lets one of several writers of a backup win, and tells the others', async () => {
      const store = await newPlace();
      const claims = [1, 2, 3, 4].map(() => claimBackup(store, 'nightly', { writer: backupWriter(clock) }));
      const outcomes = await Promise.allSettled(claims);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'BACKUP_CLAIMED' });
      }
    });

    it.for<[string, number, string]>([
      ['has too much to do', 503, 'SlowDown'],
      ['fails within', 500, 'InternalError'],
      ['sees another write of the key under way', 409, 'ConditionalRequestConflict'],
    ])('asks a server again that %s', async ([, status, name]) => {
      let writes = 0;
      const endpoint = await startAnswering((request, response) => {
        if (request.method === 'GET') response.end('<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>');
        else if (++writes <= 2) response.writeHead(status).end(`<Error><Code>${name}</Code></Error>`);
        else if (writes === 3) response.end();
        // The same once more, to see whether conditions count.
        else response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
      });
      const store = await openStore(`s3://bucket?endpoint=${endpoint}`, context);
      await store.create('k', Buffer.from('v'));
      expect(writes).toBe(4);
      expect(store.capabilities.conditionalCreate).toBe(true);
    });

    it.each([
      ['as often as parts of it come late', 1, ['DELETE', 'GET', 'DELETE', 'GET']],
      ['not for ever', Infinity, ['DELETE', 'GET', 'DELETE', 'GET', 'DELETE']],
    ])('gives an upload up %s', async (_, times, expected) => {
      const asked: string[] = [];
      const endpoint = await startAnswering(({ method, url }, response) => {
        const query = new URL(url!, 'http://x').searchParams;
        if (query.has('uploads')) {
          response.end('<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>');
        } else if (method === 'PUT') response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
        else {
          asked.push(method!);
          const isLate = asked.filter((each) => each === 'GET').length <= times;
          if (method === 'DELETE') response.writeHead(204).end();
          else if (isLate) response.end('<ListPartsResult><Part><PartNumber>2</PartNumber></Part></ListPartsResult>');
          else response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
        }
      });
      const store = await openStore(`s3://bucket?endpoint=${endpoint}`, context);
      await expect(store.replace('k', severalParts('a'))).rejects.toMatchObject({ code: 'STORE_DENIED' });
      expect(asked).toEqual(expected);
    });

    it('keeps what it writes as its options say, in one part and in several', async () => {
      const seen: (readonly [string, IncomingHttpHeaders])[] = [];
      const endpoint = await startAnswering(({ method, url, headers }, response) => {
        seen.push([method! + (new URL(url!, 'http://x').searchParams.has('uploads') ? ' uploads' : ''), headers]);
        response.setHeader('etag', '"e"');
        response.end('<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>');
      });
      const options = 'storageClass=STANDARD_IA&sse=aws:kms&kmsKeyId=a-key&region=eu-1';
      const store = await openStore(`s3://bucket?endpoint=${endpoint}&${options}`, context);
      await store.replace('k', Buffer.from('v'));
      await store.replace('k', severalParts('a'));
      const kept = {
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'a-key',
        authorization: expect.stringContaining('/eu-1/s3/') as string,
      };
      expect(seen.slice(0, 2)).toMatchObject([
        ['PUT', kept],
        ['POST uploads', kept],
      ]);
    });

    it.each([
      ['whenRequired', false],
      ['whenSupported', true],
    ])('sends checksums of its own with checksums=%s: %s', async (checksums, hasChecksum) => {
      const seen: string[] = [];
      const endpoint = await startAnswering(({ headers }, response) => {
        seen.push(...Object.keys(headers));
        response.end();
      });
      const store = await openStore(`s3://bucket?endpoint=${endpoint}&checksums=${checksums}`, context);
      await store.replace('k', Buffer.from('v'));
      expect(seen.some((name) => /^x-amz-checksum-|^x-amz-trailer/.test(name))).toBe(hasChecksum);
    });

    it.each([
      ['by the host of its bucket', '', 'bucket.s3.eu-central-1.amazonaws.com:443'],
      ['by IPv6 too', '&dualStack=true', 'bucket.s3.dualstack.eu-central-1.amazonaws.com:443'],
      ['by its path', '&pathStyle=true', 's3.eu-central-1.amazonaws.com:443'],
    ])('is found at AWS %s', async (_, option, host) => {
      await using proxy = await startHttpProxy();
      const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
      const store = await openStore(`s3://bucket?region=eu-central-1${option}`, { ...context, env });
      await store.stat('k').catch(() => undefined);
      expect(new Set(proxy.asked)).toEqual(new Set([host]));
    });
  });

  describe('what goes wrong with S3 is told apart', () => {
    it.for<[string, Record<string, string>, string, string, RegExp, RegExp]>([
      [
        'a secret key that is not the one of the access key',
        { AWS_SECRET_ACCESS_KEY: 'hunter2' },
        '',
        'STORE_CREDENTIALS',
        /secret key is not the one/,
        /AWS_SECRET_ACCESS_KEY/,
      ],
      [
        'an access key that nobody knows',
        { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'hunter2' },
        '',
        'STORE_CREDENTIALS',
        /does not know the access key/,
        /AWS_ACCESS_KEY_ID/,
      ],
      [
        'no credentials',
        { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
        '',
        'STORE_CREDENTIALS',
        /no credentials were found/,
        /AWS_PROFILE/,
      ],
      ['a bucket that is not there', {}, 'no-such-bucket', 'STORE_MISSING', /no such bucket/, /aws s3 mb/],
    ])('%s', async ([, env, bucket, code, message, hint]) => {
      useEnvironment({ ...on.server.keys, ...env });
      const location = on.server.location('x');
      const store = await openStore(bucket === '' ? location : location.replace(on.server.bucket, bucket), context);
      for (const attempt of attempts(store)) await expectFailure(attempt, code, message, hint);
    });

    it('credentials that do not allow it', async () => {
      useEnvironment({ ...on.server.powerlessKeys });
      const store = await openStore(on.server.location('x'), context);
      for (const attempt of attempts(store)) {
        await expectFailure(attempt, 'STORE_DENIED', /credentials do not allow/, /locations\.md/);
      }
    });

    it('clocks that are too far apart', async () => {
      const body = '<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large</Message></Error>';
      const endpoint = await startAnswering((_, response) => response.writeHead(403).end(body));
      const store = await openStore(`s3://bucket?endpoint=${endpoint}`, context);
      await expectFailure(() => store.stat('k'), 'STORE_CLOCK', /clock/, /timedatectl/);
    });
  });

  describe.each(['ignored', 'refused'] as const)('an S3 location where conditions are %s', (conditions) => {
    let weak: WeakS3 | undefined;
    const weakPlace = async (options?: Readonly<Record<string, string>>): Promise<Store> => {
      weak ??= await startWeakS3(on.server, conditions);
      return newPlace({ endpoint: weak.endpoint, ...options });
    };
    afterAll(() => weak?.stop());

    it('is found out by the first create, and still takes no key twice, one after the other', async () => {
      const store = await weakPlace();
      expect(store.capabilities.conditionalCreate).toBe(true);
      await store.create('k', Buffer.from('first'));
      expect(store.capabilities.conditionalCreate).toBe(false);
      expect((await store.read('k')).toString()).toBe('first');
      await expect(store.create('k', Buffer.from('second'))).rejects.toMatchObject({ code: 'STORE_EXISTS' });
    });

    it('is found out by location check', async () => {
      const steps = await Array.fromAsync(checkLocation(await weakPlace(), 'id'));
      expect(steps.find(({ step }) => step === 'create-once')?.outcome).toBe('absent');
    });

    it('says so from the start where the location is told', async () => {
      const store = await weakPlace({ conditionalWrites: 'never' });
      expect(store.capabilities.conditionalCreate).toBe(false);
      await store.create('k', Buffer.from('v'));
      const steps = await Array.fromAsync(checkLocation(store, 'id'));
      expect(steps.find(({ step }) => step === 'create-once')?.outcome).toBe('absent');
    });

    it('lets one of two writers of a backup win who see each other', async () => {
      const store = await weakPlace();
      const claims = [1, 2].map(() => claimBackup(store, 'nightly', { writer: backupWriter(clock), settleMs: 1_000 }));
      const outcomes = await Promise.allSettled(claims);
      expect(outcomes.map(({ status }) => status).sort()).not.toEqual(['fulfilled', 'fulfilled']);
    });
  });

  it('a writer that is killed in the middle of an upload leaves nothing listed, and nothing at all once its name is used again or deleted', async () => {
    for (const clears of ['create', 'delete'] as const) {
      const location = on.server.location(`killed-${clears}`);
      const store = await openStore(location, context);
      const child = spawn(process.execPath, ['--input-type=module', '-e', killedWriter, location], {
        cwd: join(import.meta.dirname, '../..'),
        env: { ...process.env, ...on.server.keys },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      // What the writer has handed on may not have arrived yet.
      await expect.poll(() => on.server.unfinishedUploads()).not.toEqual([]);
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(await Array.fromAsync(store.list(''))).toMatchObject([{ key: files.claim }]);
      expect(await on.server.unfinishedUploads()).not.toEqual([]);

      const writer = backupWriter(clock);
      expect(await Array.fromAsync(listDebris(store, { writer }))).toMatchObject([{ name: 'nightly', stale: true }]);
      if (clears === 'create') await claimBackup(store, 'nightly', { writer });
      else await deleteBackup(store, 'nightly', { writer });
      expect(await on.server.unfinishedUploads()).toEqual([]);
    }
  });
});

/** Claims a backup and uploads an archive without end; says so when several parts are there. */
const killedWriter = `
  import { claimBackup } from '@infrabackup/core';
  import { backupWriter, openStore } from '@infrabackup/storage';
  const store = await openStore(process.argv[1], { workingFolder: '/', env: {} });
  const { files } = await claimBackup(store, 'nightly', { writer: backupWriter({ now: () => Date.now() }) });
  await store.create(files.archive, (async function* () {
    for (let i = 0; ; i++) { if (i === 200) console.log('uploading'); yield Buffer.alloc(262144, i); }
  })());`;
