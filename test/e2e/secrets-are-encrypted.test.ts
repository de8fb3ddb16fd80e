import { execFileSync } from 'node:child_process';
import { createDecipheriv } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type PluginResult, type Workplace } from '../support/plugin.ts';

const main = Buffer.alloc(32, 'main');
const settings = Buffer.alloc(32, 'settings');
const roles = Buffer.alloc(32, 'roles');
const rotated = Buffer.alloc(32, 'rotated');
const identity = 'AGE-SECRET-KEY-1JPGCSNY9LVRKEMSNWTC5N55DZYQ20Y5AYTACPCRH2P6G2QA2FEHQNQQPJY';
const recipient = 'age1pcjyw2avap5prddd33gdm9crpwld88v93kjlj7ejlclcf57n9dcsjp7xwe';

interface Secret {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
}

function configuration(secretKeys: readonly (readonly [name: string, key: Buffer])[]): string {
  const keys = (...named: readonly (readonly [string, Buffer])[]) => ({
    keys: named.map(([name, key]) => ({ name, secret: key.toString('base64') })),
  });
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      { resources: ['secrets'], providers: [{ aesgcm: keys(...secretKeys) }, { identity: {} }] },
      { resources: ['configmaps'], providers: [{ aescbc: keys(['settings', settings]) }] },
      { resources: ['*.rbac.authorization.k8s.io'], providers: [{ secretbox: keys(['roles', roles]) }] },
    ],
  });
}

await describeOnCluster('an encrypted backup', { fixtures: true }, (on) => {
  let workplace: Workplace;
  let created: PluginResult;
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const liveSecrets = async (): Promise<readonly Secret[]> =>
    (JSON.parse(await kubectl('get', 'secrets', '-A', '-o', 'json')) as { items: Secret[] }).items;
  const fileOf = (name: string): string => join(workplace.home, name);

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await writeFile(fileOf('keys.json'), configuration([['main', main]]));
    await writeFile(fileOf('wrong.json'), configuration([['main', rotated]]));
    await writeFile(
      fileOf('rotated.json'),
      configuration([
        ['rotated', rotated],
        ['main', main],
      ]),
    );
    await writeFile(fileOf('identity.txt'), `${identity}\n`);
    await kubectl('create', 'namespace', 'lab');
    await kubectl('-n', 'lab', 'create', 'secret', 'generic', 'login', '--from-literal=password=correct-horse-battery');
    await kubectl('-n', 'lab', 'create', 'configmap', 'plain', '--from-literal=colour=blue');
    created = await workplace.run('create', 'nightly', '--encryption-config', fileOf('keys.json'));
    return async () => workplace[Symbol.asyncDispose]();
  });

  /** Every value of a Secret, encoded and not, that is long enough not to be found by chance. */
  async function secretValues(): Promise<readonly string[]> {
    const values = (await liveSecrets()).flatMap(({ data = {} }) => Object.values(data));
    const all = values.flatMap((value) => [value, Buffer.from(value, 'base64').toString('latin1')]);
    return [...new Set(all)].filter((value) => value.length >= 12);
  }

  /** All that was written for the user: the location, the state, and what was unpacked of both. */
  async function filesOfUser(): Promise<readonly (readonly [path: string, text: string])[]> {
    const files = await readdir(workplace.home, { recursive: true, withFileTypes: true });
    const read = files
      .filter((file) => file.isFile())
      .map(async (file) => {
        const path = join(file.parentPath, file.name);
        const bytes = await readFile(path);
        return [path, (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')] as const;
      });
    return Promise.all(read);
  }

  async function expectNoSecretValue(...outputs: readonly PluginResult[]): Promise<void> {
    const values = await secretValues();
    expect(values.length).toBeGreaterThan(3);
    const texts = [
      ...(await filesOfUser()),
      ...outputs.map((output) => ['printed', output.stdout + output.stderr] as const),
    ];
    expect(texts.length).toBeGreaterThan(4);
    const found = texts.filter(([, text]) => values.some((value) => text.includes(value))).map(([path]) => path);
    expect(found).toEqual([]);
  }

  /** What lies in the archive under that path, as tar gives it out: a string of base64, without its head. */
  function payloadOf(path: string, head: string): Buffer {
    const archive = join(workplace.home, 'data/infrabackup/backups/nightly/nightly.tar.gz');
    const body = execFileSync('tar', ['-xzOf', archive, `resources/${path}`]).toString();
    const value = Buffer.from(JSON.parse(body) as string, 'base64');
    expect(value.toString('latin1', 0, head.length)).toBe(head);
    return value.subarray(head.length);
  }

  it('is made whole, says what lies in clear, and holds no value of a Secret anywhere', async () => {
    expect(created.stderr).not.toContain('UNENCRYPTED');
    expect([created.exitCode, created.stderr]).toEqual([0, expect.stringContaining('in clear: ')]);
    expect(created.stdout).toContain('of secrets, with the aesgcm key "main"');
    expect(created.stdout).toContain('of configmaps, with the aescbc key "settings"');
    expect(created.stdout).toContain('of 4 types, with the secretbox key "roles"');
    await expectNoSecretValue(created);
  });

  it('is decrypted by others, by what the documentation of Kubernetes and docs/format.md say alone', async () => {
    const sealed = payloadOf('secrets/namespaces/lab/login.json', 'k8s:enc:aesgcm:v1:main:');
    const gcm = createDecipheriv('aes-256-gcm', main, sealed.subarray(0, 12));
    gcm.setAAD(Buffer.from('lab#login')).setAuthTag(sealed.subarray(-16));
    const secret = JSON.parse(gcm.update(sealed.subarray(12, -16)).toString() + gcm.final().toString()) as Secret;
    const live = (await liveSecrets()).find(({ metadata }) => metadata.name === 'login');
    expect(secret.data).toEqual(live?.data);

    const padded = payloadOf('configmaps/namespaces/lab/plain.json', 'k8s:enc:aescbc:v1:settings:');
    const openssl = ['enc', '-d', '-aes-256-cbc', '-K', settings.toString('hex'), '-iv', padded.toString('hex', 0, 16)];
    const configMap = execFileSync('openssl', openssl, { input: padded.subarray(16) }).toString();
    expect(JSON.parse(configMap)).toMatchObject({ kind: 'ConfigMap', data: { colour: 'blue' } });
  });

  it('is browsed and verified without the key, and asks for it by name where it needs it', async () => {
    const names = await workplace.succeed('get', 'nightly', 'secrets', '-n', 'lab');
    expect(names).toMatch(/NAME +CONTENT\nlogin +<encrypted>/);
    expect(await workplace.succeed('verify', 'nightly')).toContain('nightly is whole');
    expect(await workplace.succeed('verify', 'nightly', '--encryption-config', fileOf('keys.json'))).toContain('whole');
    for (const [file, why] of [
      [undefined, 'no key of that name was given'],
      ['wrong.json', 'is another one'],
    ] as const) {
      const keys = file === undefined ? [] : ['--encryption-config', fileOf(file)];
      for (const command of [
        ['get', 'nightly', 'secret/login', '-n', 'lab', '-o', 'yaml'],
        ['diff', 'nightly', '-n', 'lab', '--include-resources', 'secrets'],
        ['restore', 'nightly', '-n', 'lab', '--yes', '--include-resources', 'secrets'],
      ]) {
        const { exitCode, stderr } = await workplace.run(...command, ...keys);
        expect([command, exitCode, stderr]).toEqual([command, 10, expect.stringContaining('key "main"')]);
        expect(stderr).toContain(why);
      }
    }
    // What the key is not for is as good as ever.
    expect((await workplace.run('diff', 'nightly', '-n', 'lab', '--include-resources', 'deployments')).exitCode).toBe(
      0,
    );
  });

  it('is restored after the key was rotated, and what the restore changes is kept as encrypted', async () => {
    const before = await liveSecrets();
    const keys = ['--encryption-config', fileOf('rotated.json')];
    await kubectl('-n', 'lab', 'patch', 'secret', 'login', '-p', '{"stringData":{"password":"another-long-password"}}');
    await workplace.succeed('create', 'rotated', ...keys);
    const changed = await workplace.run('diff', 'nightly', 'rotated', '-o', 'name', ...keys);
    expect([changed.exitCode, changed.stdout]).toEqual([1, expect.stringContaining('secrets/login -n lab')]);
    expect(changed.stdout).not.toContain('configmaps/');

    const restored = await workplace.run('restore', 'nightly', '--yes', '-n', 'lab', ...keys);
    expect([restored.exitCode, restored.stderr]).toEqual([0, expect.stringContaining('secrets/login')]);
    const data = (secrets: readonly Secret[]) => secrets.find(({ metadata }) => metadata.name === 'login')?.data;
    expect(data(await liveSecrets())).toEqual(data(before));
    expect((await workplace.run('diff', 'nightly', '-n', 'lab', ...keys)).exitCode).toBe(0);
    await expectNoSecretValue(changed, restored);

    const [id = ''] = (await workplace.succeed('restores', '-o', 'name')).split('\n');
    expect((await workplace.run('undo', id, '--yes')).exitCode).toBe(10);
    const undone = await workplace.run('undo', id, '--yes', ...keys);
    expect([undone.exitCode, undone.stderr]).toEqual([0, expect.not.stringContaining('left:')]);
    expect(Buffer.from(data(await liveSecrets())!['password']!, 'base64').toString()).toBe('another-long-password');
    await expectNoSecretValue(undone);
  });

  it('is made for age recipients, restored with an identity, and kept for them too', async () => {
    await workplace.succeed('create', 'for-age', '-n', 'lab', '--age-recipient', recipient);
    expect(await workplace.succeed('describe', 'for-age')).toMatch(/Encryption: .*for age recipients\n(?!In clear)/);
    await kubectl('-n', 'lab', 'delete', 'secret', 'login');
    await kubectl('-n', 'lab', 'patch', 'configmap', 'plain', '-p', '{"data":{"colour":"unheard-of-colour"}}');
    expect((await workplace.run('restore', 'for-age', '--yes')).exitCode).toBe(10);
    const key = ['--age-identity', fileOf('identity.txt')];
    const restored = await workplace.run('restore', 'for-age', '--yes', ...key);
    expect([restored.exitCode, restored.stdout]).toEqual([0, expect.stringContaining('created')]);
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'plain', '-o', 'jsonpath={.data.colour}')).toBe('blue');
    const leaks = (await filesOfUser()).filter(([, text]) => text.includes('unheard-of-colour'));
    expect(leaks.map(([path]) => path)).toEqual([]);
    await expectNoSecretValue(restored);
    const [id = ''] = (await workplace.succeed('restores', '-o', 'name')).split('\n');
    expect((await workplace.run('undo', id, '--yes', ...key)).exitCode).toBe(0);
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'plain', '-o', 'jsonpath={.data.colour}')).toBe(
      'unheard-of-colour',
    );
  });

  it('is made, restored and undone without a flag where its location names the keys, and what is kept there is encrypted too', async () => {
    const folder = fileOf('sealed-location');
    const entry = ['--age-recipient', recipient, '--age-identity', fileOf('identity.txt')];
    await workplace.succeed('location', 'add', 'sealed', folder, ...entry);
    const at = ['--from', 'sealed'];
    await workplace.succeed('create', 'by-entry', '-n', 'lab', '--to', 'sealed');
    expect(await workplace.succeed('describe', 'by-entry', ...at)).toContain('for age recipients');
    await workplace.succeed('copy', 'by-entry', ...at, '--to', 'sealed', '--as', 'in-clear', '--decrypt');
    const colour = () => kubectl('-n', 'lab', 'get', 'configmap', 'plain', '-o', 'jsonpath={.data.colour}');
    const backedUp = await colour();
    await kubectl('-n', 'lab', 'patch', 'configmap', 'plain', '-p', '{"data":{"colour":"never-told-colour"}}');
    for (const name of ['by-entry', 'in-clear']) {
      await workplace.succeed('restore', name, ...at, '--yes');
      expect(await colour()).toBe(backedUp);
      const leaks = (await filesOfUser()).filter(([, text]) => text.includes('never-told-colour'));
      expect(leaks.map(([path]) => path)).toEqual([]);
      const [id = ''] = (await workplace.succeed('restores', '-o', 'name')).split('\n');
      await workplace.succeed('undo', id, '--yes');
      expect(await colour()).toBe('never-told-colour');
    }
  });
});
