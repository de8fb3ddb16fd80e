import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '@infrabackup/core';
import { checkLocation, openStore } from '@infrabackup/storage';
import { storeConformance } from '@infrabackup/storage/conformance';
import type { ServerBehind } from '../servers/forwarder.ts';
import { startPagingProxy, type PageFault, type Paging } from '../servers/paging-proxy.ts';
import type { OnServer } from '../servers/suite.ts';
import { startBreakingWire } from '../support/network-doubles.ts';
import { openWorkplace } from '../support/plugin.ts';
import { expectFailure, severalParts } from './expect-failure.ts';

type Environment = Readonly<Record<string, string>>;

/** A server of one kind of cloud. */
export interface CloudServer extends ServerBehind {
  /** A location on it, as a user types it; the options given last count. */
  location(prefix: string, options?: Readonly<Record<string, string>>): string;
}

/** One kind of cloud, as its suite knows it. */
export interface Cloud {
  readonly on: OnServer<CloudServer>;
  /** Holds credentials that may do everything. */
  readonly env: () => Environment;
  readonly bufferedMiB: number;
  /** `env`: credentials that hold for changed requests, where the others do not. */
  readonly paging: () => Paging & { readonly env?: Environment };
  /** What uploads have left behind; nothing can be said of it when absent. */
  readonly leftovers?: () => Promise<readonly string[]>;
}

/** Places in a cloud, for what only its own suite tests. */
export interface CloudPlaces {
  readonly open: (prefix: string, options?: Readonly<Record<string, string>>, env?: Environment) => Promise<Store>;
  /** An empty place each time. */
  readonly newPlace: (options?: Readonly<Record<string, string>>) => Promise<Store>;
}

/** What holds for every cloud, on a real server. */
export function cloudLocation(name: string, { on, env, bufferedMiB, paging, leftovers }: Cloud): CloudPlaces {
  let places = 0;
  const newPrefix = (): string => `place-${++places}`;
  const open: CloudPlaces['open'] = (prefix, options, given = env()) =>
    openStore(on.server.location(prefix, options), { workingFolder: '/', env: given });
  const newPlace: CloudPlaces['newPlace'] = (options) => open(newPrefix(), options);

  storeConformance(name, newPlace, { bufferedMiB });

  describe(name, () => {
    it('is the whole of it where no prefix is named, and shows nothing that is not a key', async () => {
      const [whole, part] = await Promise.all([open(''), open('part/of')]);
      await part.create('k', Buffer.from('v'));
      expect((await whole.read('part/of/k')).toString()).toBe('v');
      expect(await Array.fromAsync(part.listNames(''))).toEqual(['k']);
      await whole.remove('part/of/k');
    });

    it('takes a download up again where its connection broke off', async () => {
      const prefix = newPrefix();
      const value = randomBytes(3_000_000);
      await (await open(prefix)).create('k', value);
      const lengthOf = (connection: number): number => (connection < 2 ? 1_000_000 : Infinity);
      await using wire = await startBreakingWire(on.server.endpoint, lengthOf);
      const endpoint = `${new URL(on.server.endpoint).protocol}//127.0.0.1:${wire.port}`;
      const onTheWire = await open(prefix, { endpoint });
      expect((await onTheWire.read('k')).equals(value)).toBe(true);
      expect(wire.asked.length).toBeGreaterThan(2);
    });

    it.for<[string, readonly PageFault[]]>([
      ['breaks off before the answer', ['no answer']],
      ['breaks off within the answer', ['half an answer']],
      ['ends in an error of the server', [500]],
      ['fails in every one of these ways', [503, 'half an answer', 'no answer']],
    ])('goes on with a listing from the page that %s, and shows every key once', async ([, faults]) => {
      const prefix = newPrefix();
      const keys = Array.from({ length: 35 }, (_, i) => `many/${String(i).padStart(2, '0')}/v`);
      const store = await open(prefix);
      await Promise.all(keys.map((key) => store.create(key, Buffer.from('v'))));
      const { env: signed, ...asked } = paging();
      const proxy = await startPagingProxy(on.server, asked, 10, (page) => (page === 2 ? faults : []));
      onTestFinished(() => proxy.stop());
      const onTheWay = await open(prefix, { endpoint: proxy.endpoint }, signed);
      const found = await Array.fromAsync(onTheWay.list('many/'));
      expect(found.map(({ key }) => key)).toEqual(keys);
      const pages = [...new Set(proxy.asked)];
      const times = pages.map((page) => proxy.asked.filter((token) => token === page).length);
      expect(times).toEqual([1, 1, 1 + faults.length, 1]);
      expect(await Array.fromAsync(onTheWay.listNames('many/'))).toHaveLength(35);
    });

    it('is reached by the bundled plugin', async () => {
      await using workplace = await openWorkplace({ kubeconfigPath: '/no/cluster' }, env());
      const said = await workplace.succeed('location', 'check', on.server.location('bundled'));
      expect(said).toContain('is fit for backups');
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
      expect(await leftovers?.()).toEqual(leftovers && []);
    });

    it('says so where the server is not there', async () => {
      const store = await open('x', { endpoint: 'http://127.0.0.1:9' });
      await expectFailure(() => store.stat('k'), 'STORE_UNAVAILABLE', /look up k in .*ECONNREFUSED/, /try again/);
    });

    it('says so where nobody vouches for the certificate, also for a large value', async ({ skip }) => {
      if (on.server.ca === undefined) skip('the server has no certificate');
      const store = await openStore(on.server.location('x').replace(/&?\bca=[^&]*/, ''), {
        workingFolder: '/',
        env: env(),
      });
      await expectFailure(() => store.create('k', Buffer.alloc(3_000_000)), 'STORE_TLS', /certificate/, /\?ca=FILE/);
    });
  });
  return { open, newPlace };
}
