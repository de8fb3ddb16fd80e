import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '@infrabackup/core';
import { openStore } from '@infrabackup/storage';
import { startAnswering } from '../servers/answering-server.ts';
import { expectFailure } from './expect-failure.ts';

const before = { ...process.env };
afterEach(() => void (process.env = { ...before }));

const env = {
  ...{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-1' },
  AZURE_STORAGE_KEY: Buffer.alloc(64).toString('base64'),
};

describe.each([
  ['s3', 's3://bucket?', '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>'],
  ['gs', 'gs://bucket?anonymous=true&', '{}'],
  ['az', 'az://account/container?', '<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>'],
])('a server for %s: that is silent', (scheme, location, nothing) => {
  /** A location whose server says nothing so many times, and then that there is nothing; when it was asked. */
  async function openSilent(times: number, timeout: string): Promise<{ store: Store; askedAt: readonly number[] }> {
    const askedAt: number[] = [];
    const endpoint = await startAnswering((_request, response) => {
      askedAt.push(performance.now());
      if (askedAt.length <= times) return;
      response.setHeader('content-type', scheme === 'gs' ? 'application/json' : 'application/xml');
      response.end(nothing);
    });
    process.env = { ...before, ...env };
    const store = await openStore(`${location}timeout=${timeout}&endpoint=${endpoint}`, { workingFolder: '/', env });
    return { store, askedAt };
  }

  it('is asked again after as long as its location says', async () => {
    const { store, askedAt } = await openSilent(1, '3s');
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    expect(askedAt).toHaveLength(2);
    expect(askedAt[1]! - askedAt[0]!).toBeGreaterThan(2_900);
    expect(askedAt[1]! - askedAt[0]!).toBeLessThan(20_000);
  });

  it('is asked for the rest of a value in the middle of which it fell silent', async () => {
    const asked: string[] = [];
    const endpoint = await startAnswering(({ headers }, response) => {
      const range = String(headers['x-ms-range'] ?? headers.range ?? 'bytes=0-');
      asked.push(range);
      const start = Number(/\d+/.exec(range)![0]);
      response.writeHead(start === 0 ? 200 : 206, {
        ...{ etag: '"1"', 'x-goog-generation': '1', 'last-modified': new Date().toUTCString() },
        ...{ 'content-length': 6 - start, 'content-range': `bytes ${start}-5/6` },
      });
      if (start === 0) response.write('abc');
      else response.end('def');
    });
    process.env = { ...before, ...env };
    const store = await openStore(`${location}timeout=3s&endpoint=${endpoint}`, { workingFolder: '/', env });
    expect(Buffer.concat(await Array.fromAsync(store.stream('k'))).toString()).toBe('abcdef');
    expect(asked.map((range) => range.replace(/-.*/, ''))).toEqual(['bytes=0', 'bytes=3']);
  });

  it('is given up in the end', async () => {
    const { store, askedAt } = await openSilent(Infinity, '1s');
    await expectFailure(() => Array.fromAsync(store.list('')), 'STORE_UNAVAILABLE', /./, /./);
    expect(askedAt.length).toBeGreaterThan(2);
  });
});
