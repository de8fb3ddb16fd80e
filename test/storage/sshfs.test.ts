import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { openStore } from '@infrabackup/storage';
import { storeConformance } from '@infrabackup/storage/conformance';
import { mountSshfs, whyNoSshfs, type RemoteFolder } from '../servers/sshfs.ts';

const missing = await whyNoSshfs();
if (missing === undefined) {
  describe.each(['auto', 'never'])('a folder on a file system of another machine, hardLinks=%s,', (hardLinks) => {
    let remote: RemoteFolder;
    beforeAll(async () => {
      remote = await mountSshfs();
      return () => remote[Symbol.asyncDispose]();
    });
    storeConformance('it', async () => {
      const place = await mkdtemp(join(remote.folder, 'place-'));
      return openStore(`file://${place}?hardLinks=${hardLinks}`, { workingFolder: '/', env: {} });
    });
  });
} else {
  // Also where CI=true: not every machine that runs containers lets them mount.
  process.stderr.write(`\nSKIPPED: a folder on a file system of another machine: ${missing}\n\n`);
  describe.skip('a folder on a file system of another machine', () => it('needs sshfs', () => undefined));
}
