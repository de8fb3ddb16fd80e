import { posix, win32 } from 'node:path';

/** Where this program keeps what belongs to a user, beside the user's own choice by flags and settings. */
export interface UserFolders {
  /** Holds `config.yaml`. */
  readonly config: string;
  /** The location of backups that nobody named one for. */
  readonly data: string;
  /** What must outlive a run and is nobody's data: journals of restores. */
  readonly state: string;
  /** What may be deleted at any time. */
  readonly cache: string;
}

/** What decides about the folders; the edge passes its own. */
export interface UserEnvironment {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The user's folders for this program. None is made by this.
 *
 * The XDG variables count on every platform. Sources: https://specifications.freedesktop.org/basedir-spec/latest/,
 * Apple's File System Programming Guide, and CSIDL_APPDATA and CSIDL_LOCAL_APPDATA of Windows.
 */
export function userFolders({ platform, home, env }: UserEnvironment): UserFolders {
  const path = platform === 'win32' ? win32 : posix;
  const join = (...parts: readonly string[]): string => path.join(...parts);
  const place = (variable: string, otherwise: string): string => {
    const given = env[variable];
    // The specification has relative paths ignored.
    return given !== undefined && path.isAbsolute(given) ? join(given, 'infrabackup') : otherwise;
  };
  const folders = ((): UserFolders => {
    if (platform === 'win32') {
      const roaming = join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'infrabackup');
      const local = join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'infrabackup');
      return { config: roaming, data: join(local, 'Data'), state: join(local, 'State'), cache: join(local, 'Cache') };
    }
    if (platform === 'darwin') {
      const support = join(home, 'Library', 'Application Support', 'infrabackup');
      return {
        config: support,
        data: join(support, 'Data'),
        state: join(support, 'State'),
        cache: join(home, 'Library', 'Caches', 'infrabackup'),
      };
    }
    return {
      config: join(home, '.config', 'infrabackup'),
      data: join(home, '.local', 'share', 'infrabackup'),
      state: join(home, '.local', 'state', 'infrabackup'),
      cache: join(home, '.cache', 'infrabackup'),
    };
  })();
  return {
    config: place('XDG_CONFIG_HOME', folders.config),
    data: place('XDG_DATA_HOME', folders.data),
    state: place('XDG_STATE_HOME', folders.state),
    cache: place('XDG_CACHE_HOME', folders.cache),
  };
}
