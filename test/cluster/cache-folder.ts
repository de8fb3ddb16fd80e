import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache folder for what tests need and can get again: `$XDG_CACHE_HOME/infrabackup` or `~/.cache/infrabackup`. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'infrabackup');
}
