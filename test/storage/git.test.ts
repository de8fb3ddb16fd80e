import type { Store } from '@infrabackup/core';
import { openStore } from '@infrabackup/storage';
import { storeConformance } from '@infrabackup/storage/conformance';
import {
  provisionGit,
  provisionSshd,
  startGitFolder,
  startGitHttps,
  startGitSsh,
  type GitServer,
} from '../servers/git-servers.ts';
import { describeOnServer, type OnServer } from '../servers/suite.ts';

let repositories = 0;

async function newPlace({ server }: OnServer<GitServer>): Promise<Store> {
  const name = `conformance-${++repositories}.git`;
  await server.makeRepository(name);
  return openStore(server.location(name), { workingFolder: '/', env: server.env });
}

await describeOnServer('a repository on this machine', provisionGit, startGitFolder, (on) => {
  storeConformance('git+file', () => newPlace(on), { bufferedMiB: 8 });
});
await describeOnServer("a repository behind git's http-backend", provisionGit, startGitHttps, (on) => {
  storeConformance('git+https', () => newPlace(on), { bufferedMiB: 8 });
});
await describeOnServer('a repository behind sshd', provisionSshd, startGitSsh, (on) => {
  storeConformance('git+ssh', () => newPlace(on), { bufferedMiB: 8 });
});
