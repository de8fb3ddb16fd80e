import { describe, expect, it } from 'vitest';
import { AppError, openMemoryStore } from '@infrabackup/core';
import type { Store } from '@infrabackup/core';
import { checkLocation } from './check-location.ts';

describe('checking a location', () => {
  it('tries everything that backups need, and leaves nothing', async () => {
    const store = openMemoryStore();
    expect(await outcomes(store)).toEqual({
      write: 'done',
      read: 'done',
      'read-part': 'done',
      'create-once': 'done',
      list: 'done',
      remove: 'done',
    });
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });

  it('names what the location does not claim to do', async () => {
    const store = openMemoryStore({ capabilities: { rangedRead: false, conditionalCreate: false } });
    expect(await outcomes(store)).toMatchObject({ 'read-part': 'absent', 'create-once': 'absent', remove: 'done' });
  });

  it('finds out a location that lets the second writer win although it claims not to', async () => {
    const store = openMemoryStore();
    const weak: Store = { ...bound(store), create: (...parameters) => store.replace(...parameters) };
    expect(await outcomes(weak)).toMatchObject({ read: 'done', 'create-once': 'failed', remove: 'done' });
  });

  it.each([
    ['read', 'reads back something else', { read: () => Promise.resolve(Buffer.from('x')) }],
    ['list', 'does not list what it has', { list: () => (async function* () {})() }],
    ['remove', 'keeps what it was to remove', { remove: () => Promise.resolve() }],
    ['read', 'may not be read', { read: () => Promise.reject(new AppError('STORE_DENIED', 'no')) }],
  ] as const)('fails the step %s for one that %s, and goes on', async (step, _, fault) => {
    const found = await outcomes({ ...bound(openMemoryStore()), ...fault });
    expect(found[step]).toBe('failed');
    expect(Object.keys(found)).toHaveLength(6);
  });

  it('stops where nothing can be written, and says why', async () => {
    const denied = new AppError('STORE_DENIED', 'read only');
    const store: Store = { ...bound(openMemoryStore()), create: () => Promise.reject(denied) };
    const found = await Array.fromAsync(checkLocation(store, 'id'));
    expect(found).toMatchObject([{ step: 'write', outcome: 'failed', problem: denied }]);
  });

  it('removes its probe when it is cancelled or left', async () => {
    const store = openMemoryStore();
    const stop = new AbortController();
    const cancelled = (async () => {
      for await (const { step } of checkLocation(store, 'id', stop.signal)) if (step === 'read') stop.abort();
    })();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    for await (const { step } of checkLocation(store, 'id')) if (step === 'read') break;
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });
});

async function outcomes(store: Store): Promise<Record<string, string>> {
  const found = await Array.fromAsync(checkLocation(store, 'an-id'));
  return Object.fromEntries(found.map(({ step, outcome }) => [step, outcome]));
}

/** The store's members as properties, so that some can be put in place of others. */
function bound(store: Store): Store {
  return {
    uri: store.uri,
    capabilities: store.capabilities,
    create: (...parameters) => store.create(...parameters),
    replace: (...parameters) => store.replace(...parameters),
    read: (...parameters) => store.read(...parameters),
    stream: (...parameters) => store.stream(...parameters),
    stat: (...parameters) => store.stat(...parameters),
    list: (...parameters) => store.list(...parameters),
    listNames: (...parameters) => store.listNames(...parameters),
    remove: (...parameters) => store.remove(...parameters),
  };
}
