import { afterAll, describe, expect, it } from 'vitest';
import type { Store } from '@infrabackup/core';
import { openStore } from '@infrabackup/storage';
import { startAnswering } from '../servers/answering-server.ts';
import { provisionAzurite, startAzurite } from '../servers/azurite.ts';
import { describeOnServer } from '../servers/suite.ts';
import { startHttpProxy } from '../support/network-doubles.ts';
import { attempts, expectFailure, severalParts } from './expect-failure.ts';
import { cloudLocation } from './cloud-location.ts';

const before = { ...process.env };
afterAll(() => void (process.env = before));

await describeOnServer('Azure on azurite', provisionAzurite, startAzurite, (on) => {
  const { open } = cloudLocation('an Azure location', {
    on,
    env: () => on.server.env,
    bufferedMiB: 80,
    paging: () => ({ sizeParameter: 'maxresults', tokenParameter: 'marker', env: on.server.signatureEnv }),
  });

  it('an Azure location goes through the proxy that the environment names, with large values too', async () => {
    await using proxy = await startHttpProxy();
    // Only the proxy knows where that is.
    const host = `store.example:${new URL(on.server.endpoint).port}`;
    const env = { ...on.server.env, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const store = await open('proxied', { endpoint: `https://${host}` }, env);
    await store.create('k', Buffer.alloc(9_000_000));
    expect((await store.read('k')).length).toBe(9_000_000);
    expect(new Set(proxy.asked)).toEqual(new Set([host]));
  });

  describe('what goes wrong with Azure is told apart', () => {
    it('a wrong key', async () => {
      const store = await open('x', {}, { AZURE_STORAGE_KEY: Buffer.from('hunter2').toString('base64') });
      // The emulator says "not allowed" where Azure says "not accepted".
      for (const attempt of attempts(store))
        await expectFailure(attempt, 'STORE_DENIED', /do not allow/, /locations\.md/);
    });

    it('a signature that was changed', async () => {
      const signature = on.server.signatureEnv.AZURE_STORAGE_SAS_TOKEN.replace(/sig=[^&]*/, 'sig=aHVudGVyMg%3D%3D');
      const store = await open('x', {}, { AZURE_STORAGE_SAS_TOKEN: signature });
      for (const attempt of attempts(store))
        await expectFailure(attempt, 'STORE_DENIED', /do not allow/, /locations\.md/);
    });

    it('a signature that allows to read only', async () => {
      const store = await open('x', {}, on.server.readOnlyEnv);
      await expectFailure(() => store.replace('k', Buffer.from('v')), 'STORE_DENIED', /do not allow/, /locations\.md/);
      expect(await Array.fromAsync(store.list(''))).toEqual([]);
    });

    it('a container that is not there', async () => {
      const location = on.server.location('x').replace(on.server.container, 'no-such-container');
      const store = await openStore(location, { workingFolder: '/', env: on.server.env });
      for (const attempt of attempts(store)) {
        await expectFailure(attempt, 'STORE_MISSING', /no such container/, /az storage container create/);
      }
    });

    it('no credentials', async () => {
      process.env = { PATH: '/nowhere', HOME: '/nowhere' };
      const store = await open('x', {}, {});
      await expectFailure(() => store.stat('k'), 'STORE_CREDENTIALS', /no credentials were found/, /AZURE_STORAGE_KEY/);
    });
  });
});

describe('a location in Azure that answers', () => {
  const key = { AZURE_STORAGE_KEY: Buffer.alloc(64).toString('base64') };
  const stubbed = async (status: number, code: string, detail: string, hoursAhead = 0): Promise<Store> => {
    const endpoint = await startAnswering((_request, response) => {
      response.setHeader('date', new Date(Date.now() + hoursAhead * 3_600_000).toUTCString());
      response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code });
      const message = `Server failed to authenticate the request. Make sure the value of Authorization header is right.`;
      response.end(
        `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message>${detail}</Error>`,
      );
    });
    return await openStore(`az://account/container?endpoint=${endpoint}`, { workingFolder: '/', env: key });
  };
  const detail = (text: string): string => `<AuthenticationErrorDetail>${text}</AuthenticationErrorDetail>`;

  it.each<[number, string, string, string, RegExp, RegExp]>([
    [403, 'AuthenticationFailed', detail('The MAC signature'), 'STORE_CREDENTIALS', /not accepted/, /az login/],
    [401, 'InvalidAuthenticationInfo', '', 'STORE_CREDENTIALS', /not accepted/, /AZURE_STORAGE_KEY/],
    [403, 'AuthorizationPermissionMismatch', '', 'STORE_DENIED', /do not allow/, /locations\.md/],
    [403, 'AuthorizationFailure', '', 'STORE_DENIED', /do not allow/, /locations\.md/],
    [404, 'ContainerNotFound', '', 'STORE_MISSING', /no such container/, /container create/],
    [
      403,
      'AuthenticationFailed',
      detail('Signature not valid in the specified time frame: Start [Sat, 21 Nov 2026 09:30:00 GMT]'),
      'STORE_CREDENTIALS',
      /expired, or are not valid yet/,
      /AZURE_STORAGE_SAS_TOKEN/,
    ],
    [
      401,
      'InvalidAuthenticationInfo',
      detail('Lifetime validation failed. The token is expired.'),
      'STORE_CREDENTIALS',
      /expired, or are not valid yet/,
      /az login/,
    ],
  ])('%i %s %s is told apart', async (status, name, detailed, code, message, hint) => {
    const store = await stubbed(status, name, detailed);
    for (const attempt of attempts(store)) {
      await expectFailure(attempt, code, message, hint);
    }
  });

  it.each([-1, 1])(
    'that its clock is %i hours ahead, is told apart, also where it says so by headers only',
    async (hoursAhead) => {
      const late = detail("Request date header too old: 'Sat, 21 Nov 2026 09:30:00 GMT'");
      const store = await stubbed(403, 'AuthenticationFailed', late, hoursAhead);
      for (const attempt of [...attempts(store), () => store.stat('k')]) {
        await expectFailure(attempt, 'STORE_CLOCK', /clock and the server's are too far apart/, /timedatectl/);
      }
    },
  );

  it('writes with the access tier of its options, in one part and in several', async () => {
    const seen: (readonly [string, string | undefined])[] = [];
    const endpoint = await startAnswering(({ method, url, headers }, response) => {
      const what = new URL(url!, 'http://x').searchParams.get('comp') ?? method!;
      seen.push([what, headers['x-ms-access-tier'] as string | undefined]);
      response.writeHead(201).end();
    });
    const location = `az://account/container?accessTier=Cool&endpoint=${endpoint}`;
    const store = await openStore(location, { workingFolder: '/', env: key });
    await store.replace('k', Buffer.from('v'));
    await store.replace('k', severalParts('a'));
    expect(seen).toEqual([
      ['PUT', 'Cool'],
      ['block', undefined],
      ['block', undefined],
      ['blocklist', 'Cool'],
    ]);
  });
});
