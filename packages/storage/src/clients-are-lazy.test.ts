import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const clients = ['@aws-sdk/client-s3', '@azure/identity', '@azure/storage-blob', 'google-auth-library'];

/** Prints which packages a process has loaded that opened the location. */
const script = `
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(found.url) ?? [];
      loaded.add(name);
      return found;
    },
  });
  const { openStore } = await import('@infrabackup/storage');
  await openStore(process.argv[1], { workingFolder: '/', env: { AZURE_STORAGE_KEY: process.argv[2] } });
  console.log(JSON.stringify([...loaded]));
`;

it.each<[string, string, readonly string[]]>([
  ['file:///x', '', []],
  ['exec:/bin/store', '', []],
  ['s3://bucket', '', ['@aws-sdk/client-s3']],
  ['gs://bucket', '', ['google-auth-library']],
  ['gs://bucket?anonymous=true', '', []],
  ['az://account/container', 'a2V5', ['@azure/storage-blob']],
  ['az://account/container', '', ['@azure/identity', '@azure/storage-blob']],
])('%s (key: "%s") loads of all clients only %j', async (location, key, expected) => {
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, location, key], {
    cwd: import.meta.dirname,
  });
  const loaded = JSON.parse((await run).stdout) as string[];
  expect(clients.filter((client) => loaded.includes(client))).toEqual(expected);
});
