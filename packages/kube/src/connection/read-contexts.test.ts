import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContexts } from './read-contexts.ts';

describe('readContexts', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'infrabackup-contexts-'));
    await writeFile(
      file('one'),
      `current-context: prod
clusters: [{ name: east, cluster: { server: 'https://east:6443' } }]
contexts:
  - { name: prod, context: { cluster: east, user: me, namespace: shop } }
  - { name: gone, context: { cluster: nowhere } }
`,
    );
    await writeFile(file('two'), 'current-context: dev\ncontexts: [{ name: dev, context: { cluster: east } }]\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('merges a list of files, of which one does not exist, as kubectl does', async () => {
    const list = [file('one'), file('absent'), file('two')];
    expect(await readContexts({ env: { KUBECONFIG: list.join(delimiter) } })).toEqual({
      files: list,
      current: 'prod',
      contexts: [
        { name: 'dev', server: 'https://east:6443', namespace: undefined },
        { name: 'gone', server: undefined, namespace: undefined },
        { name: 'prod', server: 'https://east:6443', namespace: 'shop' },
      ],
    });
  });

  it('has nothing to offer where there is no kubeconfig, and says where it looked', async () => {
    expect(await readContexts({ env: { HOME: folder } })).toEqual({
      files: [join(folder, '.kube', 'config')],
      contexts: [],
      current: undefined,
    });
  });
});
