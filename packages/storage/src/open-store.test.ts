import { describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';

const context = { workingFolder: '/home/ann/work', env: {} };

describe('opening a location', () => {
  it.each([
    ['file:///var/backups', 'file:///var/backups'],
    ['FILE:///var/backups', 'file:///var/backups'],
    ['file://localhost/var/backups', 'file:///var/backups'],
    ['file:///var/my%20backups', 'file:///var/my%20backups'],
    ['file:///var/backups?hardLinks=never', 'file:///var/backups?hardLinks=never'],
    ['s3://bucket', 's3://bucket'],
    [
      's3://bucket/a/b?region=eu-1&endpoint=https://127.0.0.1:9000',
      's3://bucket/a/b?endpoint=https://127.0.0.1:9000&region=eu-1',
    ],
    ['/var/backups/', 'file:///var/backups'],
    ['backups', 'file:///home/ann/work/backups'],
    ['./a b?c#d', 'file:///home/ann/work/a%20b%3Fc%23d'],
    ['../x', 'file:///home/ann/x'],
    ['.', 'file:///home/ann/work'],
    ['./s3:x', 'file:///home/ann/work/s3:x'],
  ])('takes %s for %s', async (location, uri) => {
    expect((await openStore(location, context)).uri).toBe(uri);
  });

  it.each([
    ['ftp://host/backups', 'STORE_UNSUPPORTED', 'ftp: is not a kind of location', /file:\/\/\/var\/backups, s3:/],
    ['constructor:x', 'STORE_UNSUPPORTED', 'constructor: is not', /file:/],
    ['pvc://data/claim/x', 'STORE_UNSUPPORTED', 'volume claim claim in namespace data', /file:\/\/\/MOUNT\/x/],
    ['pvc://data', 'USAGE', 'does not name a volume claim', /pvc:\/\/NAMESPACE/],
    ['nfs://nas/srv/backups', 'STORE_MISSING', 'is not mounted', /mount -t nfs nas:\/srv\/backups/],
    ['nfs://nas', 'USAGE', 'does not name a server', /nfs:\/\/SERVER/],
    ['exec:store', 'USAGE', 'absolute path', /exec:\/usr/],
    ['gs://Bucket', 'USAGE', 'does not name a bucket', /gs:\/\/BUCKET/],
    ['az://account', 'USAGE', 'a container', /az:\/\/ACCOUNT/],
    ['s3://b/../c', 'USAGE', 'does not name a bucket', /s3:\/\/BUCKET/],
    ['s3://bucket?ca=x.pem', 'USAGE', 'the option ca', /the absolute path of a file/],
    ['s3://bucket?endpoint=ftp://host', 'USAGE', 'the option endpoint', /https:\/\/HOST/],
    ['file:///x?region=eu', 'STORE_UNSUPPORTED', 'no option region', /hardLinks: auto \(default\) or never/],
    ['file:///x?toString=1', 'STORE_UNSUPPORTED', 'no option toString', /hardLinks/],
    ['file:///x?hardLinks=maybe', 'USAGE', 'the option hardLinks is not one', /auto \(default\) or never/],
    ['file://server/share', 'USAGE', 'not name a folder of this machine', /three slashes/],
    ['file:backups', 'USAGE', 'not name a folder of this machine', /three slashes/],
    ['file:///a%2Fb', 'USAGE', 'not name a folder of this machine', /three slashes/],
  ])('refuses %s', async (location, code, message, hint) => {
    const refusal = openStore(location, context);
    await expect(refusal).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    await expect(refusal).rejects.toMatchObject({ hint: expect.stringMatching(hint) as string });
  });

  it.each([
    'https://ann:hunter2@example.com/x',
    'git+https://hunter2@example.com/x',
    'git+ssh://git:hunter2@example.com/x',
    's3://key:hunter2@bucket',
    's3://bucket?secretAccessKey=hunter2',
    's3://bucket?access_key=hunter2',
    's3://bucket?X-Amz-Signature=hunter2',
    's3://bucket?sessionToken=hunter2',
    'az://account/container?sig=hunter2',
    'az://account/container?accountKey=hunter2',
    'gs://bucket?credentials=hunter2',
    's3://bucket?endpoint=https://ann:hunter2@host',
    'exec:/bin/store?args=--bucket=b --password=hunter2',
    'exec:/bin/store?args=secretKey=hunter2',
    'file:///x?password=hunter2',
    'file:///x?PASSWORD=hunter2',
  ])('refuses the credential in %s without repeating it', async (location) => {
    const refusal = await openStore(location, context).then(
      () => undefined,
      (error: unknown) => error as Error & { code: string; hint: string },
    );
    expect(refusal).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/credential|password|endpoint/) as string,
    });
    expect(JSON.stringify([refusal!.message, refusal!.hint, refusal!.stack])).not.toContain('hunter2');
  });

  it.each([
    ['git+https://host/x.git?branch=a/../b', 'the option branch is not one'],
    ['git+https://host/x.git?branch=-x', 'the option branch is not one'],
    ['git+https://host/x.git?branch=x.lock', 'the option branch is not one'],
    ['git+https://host/x.git?path=../x', 'the option path is not one'],
    ['git+https://host/x.git?path=.git', 'the option path is not one'],
    ['git+https://host', 'does not name a repository'],
    ['git+ssh://-oProxyCommand=x/y.git', 'does not name a repository'],
    ['git+file://server/x.git', 'does not name a repository'],
  ])('refuses %s', async (location, message) => {
    await expect(openStore(location, context)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message) as string,
    });
  });

  it('takes the user of ssh for none, and shows the location with its options', async () => {
    const { uri, capabilities } = await openStore('git+ssh://git@example.com:22/x.git?path=/a/b/&branch=b/c', context);
    expect(uri).toBe('git+ssh://git@example.com:22/x.git?branch=b/c&path=/a/b/');
    expect(capabilities).toEqual({ conditionalCreate: true, rangedRead: false, keepsRemoved: true });
  });

  it.each(['s3://bucket?credentialsFile=/x', 'gs://bucket?tokenRef=ns/name'])(
    'does not take %s for a credential',
    async (location) => {
      await expect(openStore(location, context)).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' });
    },
  );

  it('takes the options of the configuration, and those of the URI before them', async () => {
    const options = { hardLinks: 'sometimes' };
    await expect(openStore('file:///x', { ...context, options })).rejects.toMatchObject({ code: 'USAGE' });
    await openStore('file:///x?hardLinks=auto', { ...context, options });
    await expect(openStore('/x', { ...context, options })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(openStore('/x', { ...context, options: { secretKey: 'hunter2' } })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.not.stringContaining('hunter2') as string,
    });
  });
});
