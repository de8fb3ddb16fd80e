import { shellWord } from '../shell-word.ts';
import type { Store } from '../store/store.ts';

/** What a command in a hint must add so that it means this location. */
export function fromFlag({ uri }: Pick<Store, 'uri'>): string {
  return ` --from ${shellWord(uri)}`;
}
