import type { BackupWarning, Shortfall } from '@infrabackup/core';
import { formatCount } from './quantity.ts';

/** What a person should know of a backup that is whole all the same. */
export function describeWarning(warning: BackupWarning): string {
  switch (warning.kind) {
    case 'secrets-in-clear':
      return `${formatCount(warning.count, 'Secret lies', 'Secrets lie')} in this backup UNENCRYPTED: whoever can read the location can read them`;
    case 'unconditional-store':
      return 'the location cannot tell two writers of one name apart: make sure that nobody else writes this name';
    case 'related-unreadable':
      return `${formatCount(warning.refs.length, 'related object is', 'related objects are')} not in it, since ${warning.message}: ${someOf(warning.refs)}`;
  }
}

/** What was asked for and is not in the backup, or not as of its instant. */
export function describeShortfall(shortfall: Shortfall): string {
  switch (shortfall.kind) {
    case 'undiscovered':
      return `nothing of ${shortfall.groupVersion}: its types could not be asked for: ${shortfall.message}`;
    case 'unlisted': {
      const where = shortfall.namespace === undefined ? '' : ` in namespace ${shortfall.namespace}`;
      return `${shortfall.type}${where} could not be listed: ${shortfall.message}`;
    }
    case 'later':
      return `${shortfall.type} is of a later instant than the rest: ${shortfall.reason}`;
  }
}

/**
 * The shortfalls in few lines: types that could not be listed for one reason share a line, in which each is named.
 * What the server said of each stands in {@link describeShortfall}.
 */
export function describeShortfalls(shortfalls: readonly Shortfall[]): readonly string[] {
  const groups = Map.groupBy(shortfalls, (shortfall) =>
    shortfall.kind === 'unlisted' ? `${shortfall.namespace ?? ''}: ${reasonOf(shortfall.message)}` : shortfall,
  );
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (group.length === 1 || first?.kind !== 'unlisted') return describeShortfall(first!);
    const where = first.namespace === undefined ? '' : ` in namespace ${first.namespace}`;
    const types = group.flatMap((shortfall) => (shortfall.kind === 'unlisted' ? shortfall.type : []));
    return `${formatCount(types.length, 'type')}${where} could not be listed, ${reasonOf(first.message)}: ${types.sort().join(', ')}`;
  });
}

/** The message without what concerns one type only: up to the first colon. */
function reasonOf(message: string): string {
  return message.split(': ', 1)[0]!;
}

/** At most five of the names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length <= 5 ? shown : `${shown} and ${names.length - 5} more`;
}
