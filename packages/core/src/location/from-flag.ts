import type { Store } from '../store/store.ts';

/** What a command in a hint must add so that it means this location, with quotes where a shell needs them. */
export function fromFlag({ uri }: Pick<Store, 'uri'>): string {
  return ` --from ${/^[\w:/.,@%+=-]+$/.test(uri) ? uri : `'${uri.replaceAll("'", String.raw`'\''`)}'`}`;
}
