import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptionBy, encryptionForAge, parseEncryptionConfig } from '@infrabackup/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { memoryShell } from '../testing/memory-shell.ts';
import { sampleLocation, sampleObjects, type SampleLocation } from '../testing/sample-backup.ts';

const identity = 'AGE-SECRET-KEY-1JPGCSNY9LVRKEMSNWTC5N55DZYQ20Y5AYTACPCRH2P6G2QA2FEHQNQQPJY';
const recipient = 'age1pcjyw2avap5prddd33gdm9crpwld88v93kjlj7ejlclcf57n9dcsjp7xwe';

function config(name: string, byte: number): string {
  const secret = Buffer.alloc(32, byte).toString('base64');
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [{ name, secret }] } }] }],
  });
}

let location: SampleLocation;
let keysFile: string;
beforeAll(async () => {
  location = await sampleLocation();
  keysFile = join(location.folder, 'keys.json');
  await writeFile(keysFile, config('main', 1));
  await writeFile(join(location.folder, 'wrong.json'), config('main', 2));
  await writeFile(join(location.folder, 'other.json'), config('other', 1));
  await writeFile(join(location.folder, 'new.json'), config('rotated', 3));
  await writeFile(join(location.folder, 'rotated.json'), parseBoth(config('rotated', 3), config('main', 1)));
  await writeFile(join(location.folder, 'identity.txt'), `# created\n${identity}\n`);
  await location.backUp('sealed', { encryption: encryptionBy(parseEncryptionConfig(config('main', 1), 'test')) });
  const changed = sampleObjects.map((object) =>
    object.kind === 'Secret' ? { ...object, data: { password: 'bmV3ZXI=' } } : object,
  );
  await location.backUp('later', {
    at: '2026-11-21T09:00:00Z',
    encryption: encryptionBy(parseEncryptionConfig(config('rotated', 3), 'test')),
    objects: changed,
  });
  await location.backUp('for-age', {
    at: '2026-11-21T07:00:00Z',
    encryption: await encryptionForAge([recipient], ['*.*']),
  });
});
afterAll(() => location[Symbol.asyncDispose]());

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(typed: string, env: Record<string, string> = {}): Promise<Ran> {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere', ...env }, workingFolder: location.folder });
  const exitCode = await runCommandLine([...typed.split(' '), '--from', location.folder], shell);
  const clean = (text: string): string => text.replaceAll(location.folder, '/LOCATION');
  return { exitCode, stdout: clean(shell.stdout()), stderr: clean(shell.stderr()) };
}

describe('an encrypted backup', () => {
  it('is described with what is encrypted, by which key, and what lies in clear', async () => {
    const { stdout } = await run('describe sealed');
    expect(stdout).toContain('Encryption:  1 object of secrets, with the aesgcm key "main"\n');
    expect(stdout).toContain('In clear:    9 objects of 6 types: ');
    expect(stdout).not.toContain('UNENCRYPTED');
    expect((await run('describe for-age')).stdout).toMatch(
      /Encryption: {2}10 objects of 7 types, for age recipients\n(?!In clear)/,
    );
  });

  it('shows names without the key, and says which key shows more', async () => {
    const { exitCode, stdout, stderr } = await run('get sealed secret,cm -n shop');
    expect([exitCode, stdout]).toEqual([
      0,
      'NAME           CONTENT\nsecret/login   <encrypted>\n\nNAME                 DATA   AGE\nconfigmap/settings   3      26h\n',
    ]);
    expect(stderr).toBe('Encrypted, and shown by name only without the aesgcm key "main": secrets\n');
    expect(await run('get sealed secret -n shop -o name')).toMatchObject({
      exitCode: 0,
      stdout: 'secret/login\n',
      stderr: '',
    });
  });

  it.each([
    ['one object', 'get sealed secret/login -n shop -o yaml', ''],
    ['by a label', 'get sealed secret -n shop -l a=b', ''],
    ['beside others, which are shown', 'get sealed cm,secret -n shop -o name -l app=web', 'configmap/settings\n'],
  ])('fails with the code for keys where it is asked for %s without the key', async (_, typed, stdout) => {
    const ran = await run(typed);
    expect([ran.exitCode, ran.stdout]).toEqual([10, stdout]);
    expect(ran.stderr).toContain('the aesgcm key "main", and no key of that name was given');
    expect(ran.stderr).toContain('hint: give the file that holds it: --encryption-config FILE');
  });

  it('loses nothing else: what lies in clear is shown, and then which key is missing', async () => {
    const { exitCode, stdout } = await run('get sealed cm,secret -n shop -o json');
    expect(exitCode).toBe(10);
    expect((JSON.parse(stdout) as { items: { kind: string }[] }).items.map(({ kind }) => kind)).toEqual(['ConfigMap']);
  });

  it('is read with its key, from a flag or the environment, and Secrets stay masked', async () => {
    const masked = await run('get sealed secret/login -n shop -o yaml --encryption-config keys.json');
    expect([masked.exitCode, masked.stderr]).toEqual([0, '']);
    expect(masked.stdout).toContain('name: login');
    expect(masked.stdout).not.toContain('aHVudGVyMg');
    const env = { INFRABACKUP_ENCRYPTION_CONFIG: keysFile };
    expect((await run('get sealed secret/login -n shop -o yaml --show-secrets', env)).stdout).toContain('aHVudGVyMg==');
    expect(
      (await run('get for-age secret/login -n shop -o yaml --show-secrets --age-identity identity.txt')).stdout,
    ).toContain('aHVudGVyMg==');
  });

  it.each([
    ['another key by its name', 'wrong.json', 'the key given by that name is another one'],
    ['no key by its name', 'other.json', 'no key of that name was given'],
  ])('tells %s', async (_, file, message) => {
    const { exitCode, stderr } = await run(`get sealed secret/login -n shop -o yaml --encryption-config ${file}`);
    expect(exitCode).toBe(10);
    expect(stderr).toContain(message);
  });

  it('is verified without the key, and with it looked into', async () => {
    const without = await run('verify sealed');
    expect([without.exitCode, without.stderr]).toEqual([
      0,
      '1 object is encrypted and was not looked into, which takes the aesgcm key "main"\n',
    ]);
    expect(await run('verify sealed --encryption-config keys.json')).toMatchObject({ exitCode: 0, stderr: '' });
    const wrong = await run('verify sealed --encryption-config wrong.json');
    expect([wrong.exitCode, wrong.stdout]).toEqual([10, expect.stringContaining('sealed is whole: 10 objects')]);
  });

  it('is compared with another under another key, with both keys at hand', async () => {
    const both = parseBoth(config('main', 1), config('rotated', 3));
    await writeFile(join(location.folder, 'both.json'), both);
    const { exitCode, stdout } = await run('diff sealed later --encryption-config both.json -o name');
    expect([exitCode, stdout]).toEqual([1, 'secrets/login -n shop\n']);
    expect((await run('diff sealed for-age --encryption-config keys.json --age-identity identity.txt')).exitCode).toBe(
      0,
    );
    expect((await run('diff sealed later --encryption-config keys.json')).exitCode).toBe(10);
  });

  it('has a history, which takes the keys where versions cannot be told apart by digests', async () => {
    const typed = 'history secret/login -n shop -o name --encryption-config both.json --age-identity identity.txt';
    expect((await run(typed)).stdout).toBe('later\nsealed\n');
    expect((await run('history cm/settings -n shop -o name')).exitCode).toBe(10);
  });

  it('refuses files of keys that are none without saying what is in them', async () => {
    await writeFile(join(location.folder, 'bad.txt'), `oops ${identity}\n`);
    for (const typed of [
      `--age-identity ${identity}`,
      '--age-identity bad.txt',
      '--encryption-config bad.txt',
      '--encryption-config nowhere.json',
    ]) {
      const { exitCode, stderr } = await run(`get sealed secret -n shop ${typed}`);
      expect([exitCode, stderr]).toEqual([2, expect.not.stringContaining(identity.slice(0, 24))]);
    }
    await rm(join(location.folder, 'bad.txt'));
  });
});

describe('a location whose entry names keys', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'infrabackup-home-'));
    return () => rm(home, { recursive: true });
  });
  const at = async (typed: string, env: Record<string, string> = {}): Promise<Ran> => {
    const shell = memoryShell({ env: { KUBECONFIG: '/nowhere', ...env }, home, workingFolder: location.folder });
    const exitCode = await runCommandLine(typed.split(' '), shell);
    return { exitCode, stdout: shell.stdout(), stderr: shell.stderr() };
  };
  const login = 'secret/login -n shop -o yaml --show-secrets';

  it('opens what lies in it without a flag, by its name or its place, and in it alone', async () => {
    expect((await at(`location add prod . --encryption-config keys.json --age-identity identity.txt`)).exitCode).toBe(
      0,
    );
    for (const from of ['--from prod', `--from ${location.folder}`]) {
      for (const name of ['sealed', 'for-age'])
        expect((await at(`get ${name} ${login} ${from}`)).stdout).toContain('aHVudGVyMg==');
    }
    expect((await at('verify sealed --from prod')).stderr).toBe('');
    expect((await at(`get ${location.folder}/backups/sealed ${login}`)).exitCode).toBe(10);
    await at('location set-default prod');
    expect((await at('history secret/login -n shop -o name')).exitCode).toBe(10);
    expect((await at('diff sealed for-age')).exitCode).toBe(0);
    expect((await at('location list -o wide')).stdout).toContain(join(location.folder, 'keys.json'));
  });

  it('comes after a flag and before the environment', async () => {
    await at('location add prod . --encryption-config keys.json');
    const typed = `get sealed ${login} --from prod`;
    expect((await at(typed, { INFRABACKUP_ENCRYPTION_CONFIG: 'wrong.json' })).exitCode).toBe(0);
    expect((await at(`${typed} --encryption-config wrong.json`)).exitCode).toBe(10);
  });

  it('lends its keys to a copy under another one, and changes no copy by itself', async () => {
    await at('location add prod . --encryption-config keys.json');
    await at(`location add aged ${home} --age-recipient ${recipient} --age-identity identity.txt`);
    expect((await at('copy sealed --from prod --to aged')).stdout).toContain('/backups/sealed: copied, ');
    const rotated = await at('copy sealed --from prod --to aged --as rotated --encryption-config new.json');
    expect([rotated.exitCode, rotated.stdout]).toEqual([0, expect.stringContaining('with the aesgcm key "rotated"')]);
    const some = await at('copy sealed --from prod --to aged --as some --encrypt-resources secrets');
    expect([some.exitCode, some.stdout]).toEqual([
      0,
      expect.stringContaining('1 object of secrets, for age recipients'),
    ]);
    expect((await at(`get some ${login} --from aged`)).stdout).toContain('aHVudGVyMg==');
  });

  it.each([
    ['--age-recipient nobody', /age recipient is none/],
    ['--encryption-config keys.json --age-recipient age1x', /encrypts in two ways/],
    ['--age-identity nowhere.txt', /nowhere\.txt cannot be read/],
    [`--age-identity ${identity}`, /an age identity was given where the file/],
    ['--encrypt-resources secrets', /resources is for ageRecipients/],
  ])('is not added with %s', async (typed, message) => {
    const { exitCode, stderr } = await at(`location add x /x ${typed}`);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).not.toContain(identity);
  });
});

describe('copy', () => {
  let other: string;
  beforeEach(async () => {
    other = await mkdtemp(join(tmpdir(), 'infrabackup-copy-'));
    return () => rm(other, { recursive: true });
  });
  const digestIn = async (folder: string, name: string): Promise<string> => {
    const shell = memoryShell();
    await runCommandLine(['describe', name, '-o', 'json', '--from', folder], shell);
    return (JSON.parse(shell.stdout()) as { digest: string }).digest;
  };
  const there = async (typed: string): Promise<Ran> => {
    const shell = memoryShell({ env: { KUBECONFIG: '/nowhere' }, workingFolder: location.folder });
    const exitCode = await runCommandLine([...typed.split(' '), '--from', other], shell);
    return { exitCode, stdout: shell.stdout(), stderr: shell.stderr() };
  };

  it('copies several backups as they are, without any key, and says so of what is there', async () => {
    const { exitCode, stdout, stderr } = await run(`copy sealed for-age --to ${other}`);
    expect([exitCode, stderr, stdout.trim().split('\n').length]).toEqual([0, '', 2]);
    expect(stdout).toContain('/backups/sealed: copied, ');
    for (const name of ['sealed', 'for-age'])
      expect(await digestIn(other, name)).toBe(await digestIn(location.folder, name));
    expect((await run(`copy sealed --to ${other}`)).stdout).toContain('/backups/sealed: is there already, sha256:');
    const env = { INFRABACKUP_ENCRYPTION_CONFIG: keysFile };
    expect((await run(`copy later --to ${other} -o name`, env)).stdout).toBe('later\n');
    expect(await digestIn(other, 'later')).toBe(await digestIn(location.folder, 'later'));
  });

  it('copies none of several where one is not there, and names all that are not', async () => {
    const { exitCode, stderr } = await run(`copy sealed nope later nada --to ${other}`);
    expect([exitCode, await readdir(other)]).toEqual([4, []]);
    expect(stderr).toContain('there is no backup nope, nada; nothing was copied');
    expect(stderr).toContain('hint: see what there is: kubectl infrabackup list --from /LOCATION;');
  });

  it('names the copy by its own place where the location has options', async () => {
    expect((await run(`copy sealed --to file://${other}?hardLinks=never`)).stdout).toContain(
      `file://${other}/backups/sealed?hardLinks=never: copied, `,
    );
  });

  it('refuses a name that another backup has', async () => {
    await run(`copy sealed --to ${other} --as later --encryption-config keys.json`);
    const { exitCode, stderr } = await run(`copy later --to ${other}`);
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('hint: copy it under another name: --as NAME')]);
  });

  it('writes it anew under another key, for age, or in clear when it is told to', async () => {
    const rotated = await run(`copy sealed --to ${other} --as rotated --encryption-config rotated.json`);
    expect([rotated.exitCode, rotated.stdout]).toEqual([0, expect.stringContaining('with the aesgcm key "rotated"')]);
    expect(
      (await there('get rotated secret/login -n shop -o yaml --show-secrets --encryption-config new.json')).stdout,
    ).toContain('aHVudGVyMg==');
    const forAge = await run(`copy sealed --to ${other} --as aged --age-recipient ${recipient}`, {
      INFRABACKUP_ENCRYPTION_CONFIG: keysFile,
    });
    expect([forAge.exitCode, forAge.stdout]).toEqual([0, expect.stringContaining('for age recipients')]);
    expect((await there('verify aged --age-identity identity.txt')).exitCode).toBe(0);

    const clear = await run(`copy for-age --to ${other} --as clear --decrypt --age-identity identity.txt`);
    expect([clear.exitCode, clear.stdout]).toEqual([0, expect.stringContaining('written, in clear')]);
    expect(clear.stderr).toContain('1 Secret lies in this backup UNENCRYPTED');
    expect((await there('get clear secret/login -n shop -o yaml --show-secrets')).stdout).toContain('aHVudGVyMg==');
  });

  it.each([
    ['in clear without being told', 'copy sealed --as x', 2, '--decrypt'],
    ['without the key', 'copy sealed --decrypt', 10, 'the aesgcm key "main"'],
    ['in two ways', 'copy sealed --decrypt --encryption-config keys.json', 2, '--decrypt writes in clear'],
    ['several under one name', 'copy sealed later --as x', 2, '--as names one copy'],
  ])('writes nothing anew %s', async (_, typed, exitCode, message) => {
    const ran = await run(`${typed} --to ${other}`);
    expect([ran.exitCode, ran.stderr]).toEqual([exitCode, expect.stringContaining(message)]);
    expect(await readdir(other, { recursive: true })).not.toContain('x');
  });
});

function parseBoth(...texts: readonly string[]): string {
  const files = texts.map((text) => JSON.parse(text) as { resources: { providers: unknown[] }[] });
  const [first] = files;
  first!.resources[0]!.providers = files.flatMap(({ resources }) => resources[0]!.providers);
  return JSON.stringify(first);
}
