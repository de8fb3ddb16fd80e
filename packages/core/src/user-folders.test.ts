import { describe, expect, it } from 'vitest';
import { userFolders } from './user-folders.ts';
import type { UserEnvironment, UserFolders } from './user-folders.ts';

describe("a user's folders", () => {
  it.each<[string, UserEnvironment, Partial<UserFolders>]>([
    [
      'on Linux',
      { platform: 'linux', home: '/home/ann', env: {} },
      {
        config: '/home/ann/.config/infrabackup',
        data: '/home/ann/.local/share/infrabackup',
        state: '/home/ann/.local/state/infrabackup',
        cache: '/home/ann/.cache/infrabackup',
      },
    ],
    [
      'by the XDG variables',
      {
        platform: 'linux',
        home: '/home/ann',
        env: { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/k' },
      },
      { config: '/c/infrabackup', data: '/d/infrabackup', state: '/s/infrabackup', cache: '/k/infrabackup' },
    ],
    [
      'not by XDG variables that are empty or relative',
      { platform: 'linux', home: '/home/ann', env: { XDG_CONFIG_HOME: '', XDG_DATA_HOME: 'data' } },
      { config: '/home/ann/.config/infrabackup', data: '/home/ann/.local/share/infrabackup' },
    ],
    [
      'on macOS',
      { platform: 'darwin', home: '/Users/ann', env: { XDG_CACHE_HOME: '/k' } },
      {
        config: '/Users/ann/Library/Application Support/infrabackup',
        data: '/Users/ann/Library/Application Support/infrabackup/Data',
        cache: '/k/infrabackup',
      },
    ],
    [
      'on Windows',
      {
        platform: 'win32',
        home: 'C:\\Users\\ann',
        env: { APPDATA: 'C:\\Users\\ann\\AppData\\Roaming', LOCALAPPDATA: 'D:\\Local' },
      },
      { config: 'C:\\Users\\ann\\AppData\\Roaming\\infrabackup', data: 'D:\\Local\\infrabackup\\Data' },
    ],
  ])('are found %s', (_, environment, expected) => {
    expect(userFolders(environment)).toMatchObject(expected);
  });
});
