import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { Store } from '@infrabackup/core';
import { checkLocation, openStore } from '@infrabackup/storage';
import { storeConformance } from '@infrabackup/storage/conformance';
import { provisionAzurite, startAzurite } from '../servers/azurite.ts';
import { describeOnServer } from '../servers/suite.ts';
import { startBreakingWire } from '../support/network-doubles.ts';
import { openWorkplace } from '../support/plugin.ts';
import { attempts, expectFailure, severalParts } from './expect-failure.ts';

const before = { ...process.env };
afterAll(() => void (process.env = before));

await describeOnServer('Azure on azurite', provisionAzurite, startAzurite, (on) => {
  let places = 0;
  const open = (location: string, env: Readonly<Record<string, string>> = on.server.env): Promise<Store> =>
    openStore(location, { workingFolder: '/', env });
  const newPlace = (): Promise<Store> => open(on.server.location(`place-${++places}`));

  storeConformance('an Azure location', newPlace, { bufferedMiB: 80 });

  describe('an Azure location', () => {
    it('is the container itself where no prefix is named', async () => {
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
      const endpoint = `https://127.0.0.1:${wire.port}`;
      const onTheWire = await open(store.uri.replaceAll(on.server.endpoint, endpoint));
      expect((await onTheWire.read('k')).equals(value)).toBe(true);
      expect(wire.asked.length).toBeGreaterThan(2);
    });

    it('is reached by the bundled plugin', async () => {
      await using workplace = await openWorkplace({ kubeconfigPath: '/no/cluster' }, on.server.env);
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
      const found = await store.read('k');
      expect(found.equals(Buffer.alloc(found.length, found[0]))).toBe(true);
    });
  });

  describe('what goes wrong with Azure is told apart', () => {
    it('a wrong key', async () => {
      const store = await open(on.server.location('x'), {
        AZURE_STORAGE_KEY: Buffer.from('hunter2').toString('base64'),
      });
      // The emulator says "not allowed" where Azure says "not accepted".
      for (const attempt of attempts(store))
        await expectFailure(attempt, 'STORE_DENIED', /do not allow/, /locations\.md/);
    });

    it('a container that is not there', async () => {
      const store = await open(on.server.location('x').replace(on.server.container, 'no-such-container'));
      for (const attempt of attempts(store).slice(0, -1)) {
        await expectFailure(attempt, 'STORE_MISSING', /no such container/, /az storage container create/);
      }
    });

    it('no credentials', async () => {
      process.env = { PATH: '/nowhere', HOME: '/nowhere' };
      const store = await open(on.server.location('x'), {});
      await expectFailure(() => store.stat('k'), 'STORE_CREDENTIALS', /no credentials were found/, /AZURE_STORAGE_KEY/);
    });

    it('a certificate that nobody vouches for', async () => {
      const store = await open(on.server.location('x').replace(/ca=[^&]*&?/, ''));
      await expectFailure(() => store.create('k', Buffer.alloc(3_000_000)), 'STORE_TLS', /certificate/, /\?ca=FILE/);
    });

    it('a server that is not there', async () => {
      const store = await open('az://account/container?endpoint=http://127.0.0.1:9');
      await expectFailure(() => store.stat('k'), 'STORE_UNAVAILABLE', /ECONNREFUSED/, /try again/);
    });
  });
});
