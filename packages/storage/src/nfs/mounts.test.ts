import { describe, expect, it } from 'vitest';
import { folderOf, parseMountInfo, parseMountOutput } from './mounts.ts';

const linux = `22 28 0:20 / /proc rw,nosuid shared:5 - proc proc rw
30 28 0:44 / /mnt/nas rw,relatime shared:300 - nfs4 nas.example.com:/srv/backups rw,vers=4.2,addr=10.0.0.5
31 28 0:45 / /mnt/deep\\040er rw,relatime - nfs nas.example.com:/srv/backups/team rw,vers=3
32 28 0:46 /sub /mnt/bound rw shared:1 - nfs4 other:/ rw,vers=4.2
33 28 8:1 / /mnt/disk rw - ext4 /dev/sda1 rw
`;

describe('NFS mounts', () => {
  it('are found among the others on Linux, with blanks in their names', () => {
    expect(parseMountInfo(linux)).toEqual([
      { source: 'nas.example.com:/srv/backups', folder: '/mnt/nas' },
      { source: 'nas.example.com:/srv/backups/team', folder: '/mnt/deep er' },
      { source: 'other:/sub', folder: '/mnt/bound' },
    ]);
  });

  it('are found in what mount prints elsewhere', () => {
    const text = '/dev/disk1 on / (apfs, local)\nnas:/srv/my backups on /Volumes/nas (nfs, nodev)\n';
    expect(parseMountOutput(text)).toEqual([{ source: 'nas:/srv/my backups', folder: '/Volumes/nas' }]);
  });

  it.each([
    ['nas.example.com', '/srv/backups', '/mnt/nas/'],
    ['nas.example.com', '/srv/backups/prod', '/mnt/nas/prod'],
    ['nas.example.com', '/srv/backups/team/a', '/mnt/deep er/a'],
    ['nas.example.com', '/srv/backups/teams', '/mnt/nas/teams'],
    ['nas.example.com', '/srv/backups/team/../prod', '/mnt/nas/prod'],
    ['other', '/sub/x', '/mnt/bound/x'],
    ['nas.example.com', '/srv/back', undefined],
    ['nas.example.com', '/srv/backups/../secret', undefined],
    ['nas', '/srv/backups', undefined],
  ])('of %s say where %s lies', (server, path, folder) => {
    expect(folderOf(parseMountInfo(linux), server, path)?.replace(/\/$/, '')).toBe(folder?.replace(/\/$/, ''));
  });
});
