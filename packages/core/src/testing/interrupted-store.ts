import type { Store } from '../store/store.ts';

/** A store that asks `before` ahead of each operation, by its kind and key; what that throws, the operation throws. */
export function interruptedStore(
  store: Store,
  before: (operation: 'create' | 'replace' | 'read' | 'stat' | 'list' | 'remove', key: string) => Promise<void> | void,
): Store {
  return {
    uri: store.uri,
    capabilities: store.capabilities,
    async create(key, body, signal) {
      await before('create', key);
      await store.create(key, body, signal);
    },
    async replace(key, body, signal) {
      await before('replace', key);
      await store.replace(key, body, signal);
    },
    async read(key, range, signal) {
      await before('read', key);
      return store.read(key, range, signal);
    },
    async *stream(key, offset, signal) {
      await before('read', key);
      yield* store.stream(key, offset, signal);
    },
    async stat(key, signal) {
      await before('stat', key);
      return store.stat(key, signal);
    },
    async *list(prefix, signal) {
      await before('list', prefix);
      yield* store.list(prefix, signal);
    },
    async *listNames(prefix, signal) {
      await before('list', prefix);
      yield* store.listNames(prefix, signal);
    },
    async remove(key, signal) {
      await before('remove', key);
      await store.remove(key, signal);
    },
  };
}
