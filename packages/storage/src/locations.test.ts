import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocations } from './locations.ts';
import type { Locations } from './locations.ts';
import type { LocationEncryption } from './location-encryption.ts';

const recipient = 'age1pcjyw2avap5prddd33gdm9crpwld88v93kjlj7ejlclcf57n9dcsjp7xwe';
const secret = Buffer.alloc(32, 1).toString('base64');
const encryptionConfig = {
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'EncryptionConfiguration',
  resources: [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [{ name: 'main', secret }] } }] }],
};

let folder: string;
let configFile: string;
let locations: Locations;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-locations-'));
  configFile = join(folder, 'config', 'config.yaml');
  locations = openLocations({ configFile, dataFolder: '/data/infrabackup', workingFolder: '/work here', env: {} });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function configure(text: string): Promise<void> {
  await mkdir(join(folder, 'config'), { recursive: true });
  await writeFile(configFile, text);
}

describe('the locations of a user', () => {
  it('are the built-in one alone where nothing is configured', async () => {
    expect(await locations.list()).toEqual([
      { name: 'local', uri: 'file:///data/infrabackup', options: {}, isDefault: true, isBuiltIn: true },
    ]);
    expect((await locations.open()).uri).toBe('file:///data/infrabackup');
    expect((await locations.open('local')).uri).toBe('file:///data/infrabackup');
  });

  it('can be added, made the default, opened and removed', async () => {
    await locations.add('nas', '/mnt/nas');
    await locations.add('here', './relative', { options: { hardLinks: 'never' } });
    expect((await locations.open()).uri).toBe('file:///data/infrabackup');
    await locations.setDefault('nas');
    expect(await locations.list()).toEqual([
      { name: 'local', uri: 'file:///data/infrabackup', options: {}, isDefault: false, isBuiltIn: true },
      { name: 'nas', uri: 'file:///mnt/nas', options: {}, isDefault: true, isBuiltIn: false },
      {
        name: 'here',
        uri: 'file:///work%20here/relative',
        options: { hardLinks: 'never' },
        isDefault: false,
        isBuiltIn: false,
      },
    ]);
    expect((await locations.open()).uri).toBe('file:///mnt/nas');
    expect((await locations.open('here')).uri).toBe('file:///work%20here/relative?hardLinks=never');

    expect(await locations.remove('nas')).toMatchObject({ name: 'nas', isDefault: true });
    expect((await locations.open()).uri).toBe('file:///data/infrabackup');
    await locations.setDefault('local');
    expect((await locations.list()).map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['local', true],
      ['here', false],
    ]);
  });

  it('may also be named by a path or a URI, without a look at the configuration', async () => {
    await configure('this: [is not: YAML');
    expect((await locations.open('./x')).uri).toBe('file:///work%20here/x');
    expect((await locations.open('..')).uri).toBe('file:///');
    expect((await locations.open('/x')).uri).toBe('file:///x');
    expect((await locations.open('file:///x')).uri).toBe('file:///x');
    await expect(locations.open('ftp://x')).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' });
  });

  it.each(['open', 'remove', 'setDefault'] as const)(
    'that are not there are named beside those that are: %s',
    async (verb) => {
      await locations.add('nas', '/mnt/nas');
      await expect(locations[verb]('nsa')).rejects.toMatchObject({
        code: 'LOCATION_UNKNOWN',
        refs: ['local', 'nas'],
        hint: expect.stringContaining('./nsa') as string,
      });
    },
  );

  it('are not added twice, nor over the built-in one', async () => {
    await locations.add('nas', '/mnt/nas');
    await expect(locations.add('nas', '/elsewhere')).rejects.toMatchObject({ code: 'LOCATION_EXISTS' });
    await expect(locations.add('local', '/elsewhere')).rejects.toMatchObject({ code: 'LOCATION_EXISTS' });
    expect((await locations.open('nas')).uri).toBe('file:///mnt/nas');
  });

  it.each(['', 'A', 'a b', 'a/b', './a', '-a', 'a-', 'a.b', 'file:', 'a'.repeat(64), '__proto__'])(
    'cannot be called %j',
    async (name) => {
      await expect(locations.add(name, '/x')).rejects.toMatchObject({ code: 'USAGE' });
    },
  );

  it.each([
    ['https://ann:hunter2@example.com', {}, 'USAGE'],
    ['file:///x', { secretKey: 'hunter2' }, 'USAGE'],
    ['file:///x', { region: 'eu' }, 'STORE_UNSUPPORTED'],
    ['ftp://example.com', {}, 'STORE_UNSUPPORTED'],
    ['file://host/x', {}, 'USAGE'],
  ] as const)(
    'that could not be opened, or carry a secret, never get into the file: %s %j',
    async (uri, options, code) => {
      await expect(locations.add('x', uri, { options })).rejects.toMatchObject({ code });
      await expect(stat(configFile)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it('say how their backups are encrypted, by name, by default, and by any way to write the same place', async () => {
    const config = join(folder, 'keys.json');
    await writeFile(config, JSON.stringify(encryptionConfig));
    await locations.add('sealed', '/mnt/sealed', { options: { hardLinks: 'never' }, encryption: { config } });
    await locations.add('aged', '/mnt/aged', { encryption: { ageRecipients: [recipient], resources: ['secrets'] } });
    await locations.add('plain', '/mnt/plain');
    for (const named of ['sealed', 'file:///mnt/sealed?hardLinks=never'])
      expect(await locations.encryption(named), named).toEqual({ config });
    for (const named of ['aged', '/mnt/aged', '../mnt/aged', 'file:///mnt/aged'])
      expect(await locations.encryption(named), named).toEqual({ ageRecipients: [recipient], resources: ['secrets'] });
    for (const named of [
      'plain',
      'local',
      undefined,
      '/mnt/other',
      'file:///mnt/sealed',
      's3:///',
      '/mnt/sealed.tar.gz',
    ])
      expect(await locations.encryption(named), named).toBeUndefined();
    await locations.setDefault('sealed');
    expect(await locations.encryption()).toEqual({ config });
    await expect(locations.encryption('nope')).rejects.toMatchObject({ code: 'LOCATION_UNKNOWN' });
    expect((await locations.list()).map(({ encryption }) => encryption && Object.keys(encryption))).toEqual([
      undefined,
      ['config'],
      ['ageRecipients', 'resources'],
      undefined,
    ]);
  });

  it.each<[string, LocationEncryption, RegExp]>([
    ['a file of keys that is not there', { config: '/nowhere/keys.yaml' }, /\/nowhere\/keys\.yaml cannot be read/],
    ['a file of keys that is none', { config: '/dev/null' }, /\/dev\/null/],
    ['a recipient that is none', { ageRecipients: ['hunter2'] }, /age recipient is none/],
    ['an identity in place of its file', { ageIdentity: '/x/AGE-SECRET-KEY-1HUNTER2' }, /identity was given where/],
    ['two ways', { config: '/dev/null', ageRecipients: ['age1'] }, /encrypts in two ways/],
    ['what to encrypt, and for nobody', { resources: ['secrets'] }, /resources is for ageRecipients/],
  ])('are not added with %s', async (_, encryption, message) => {
    const failure = await locations.add('x', '/x', { encryption }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) as string });
    expect(JSON.stringify(failure)).not.toMatch(/hunter2/i);
    await expect(stat(configFile)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('cannot lose the built-in one', async () => {
    await expect(locations.remove('local')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('say that the default one is gone when its entry was taken out by hand', async () => {
    await configure('default: gone\nlocations: {}\n');
    await expect(locations.open()).rejects.toMatchObject({ code: 'LOCATION_UNKNOWN', refs: ['local'] });
    expect((await locations.list()).some(({ isDefault }) => isDefault)).toBe(false);
  });
});

describe('the configuration file', () => {
  it('is for its user alone, and keeps the words and keys that this version does not know', async () => {
    await configure(
      [
        '# a comment',
        'telemetry: off',
        'default: nas',
        'locations:',
        '  nas:',
        '    uri: file:///mnt/nas',
        '    colour: "0755"',
        '    encryption: {ageIdentity: /keys/me.txt}',
        '  bucket: {uri: "s3://bucket", options: {pathStyle: true, port: 9000}}',
        'later: [1, {a: yes}]',
        '',
      ].join('\n'),
    );
    await chmod(configFile, 0o644);
    await locations.add('here', '/x');
    expect(await readFile(configFile, 'utf8')).toBe(
      [
        'default: nas',
        'locations:',
        '  nas:',
        '    uri: file:///mnt/nas',
        '    encryption:',
        '      ageIdentity: /keys/me.txt',
        "    colour: '0755'",
        '  bucket:',
        '    uri: s3://bucket',
        '    options:',
        "      pathStyle: 'true'",
        "      port: '9000'",
        '  here:',
        '    uri: file:///x',
        "telemetry: 'off'",
        'later:',
        '  - 1',
        "  - a: 'yes'",
        '',
      ].join('\n'),
    );
    expect((await stat(configFile)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['is not YAML', 'locations: {nas: {password: hunter2}\nx: [', /config\.yaml, line \d+ is not YAML/],
    ['is a list', '- a\n', /the file is not a mapping/],
    ['has two documents', 'locations: {}\n---\nlocations: {}\n', /the file is not one document/],
    ['has a list of locations', 'locations: [a]\n', /locations is not a mapping/],
    ['has a location without a URI', 'locations: {nas: {url: hunter2}}\n', /locations\.nas\.uri is not a URI/],
    ['has options that are none', 'locations: {nas: {uri: /x, options: 3}}\n', /locations\.nas\.options is not/],
    ['has encryption that is a word', 'locations: {nas: {uri: /x, encryption: age}}\n', /encryption is not a mapping/],
    [
      'has encryption that nobody knows',
      'locations: {nas: {uri: /x, encryption: {passphrase: hunter2, config: /k}}}\n',
      /locations\.nas\.encryption has no passphrase/,
    ],
    [
      'has keys by a path that starts from anywhere',
      'locations: {nas: {uri: /x, encryption: {ageIdentity: hunter2}}}\n',
      /encryption\.ageIdentity is not the absolute path/,
    ],
    [
      'has recipients that are none',
      'locations: {nas: {uri: /x, encryption: {ageRecipients: []}}}\n',
      /encryption\.ageRecipients is not a list/,
    ],
    ['has a default that is no name', 'default: [a]\n', /default is not a name/],
  ])('that %s is refused by name, and none of it is repeated', async (_, text, message) => {
    await configure(text);
    await expect(locations.list()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message) as string,
    });
    const said = await locations.add('x', '/x').catch((error: unknown) => String(error));
    expect(said).not.toContain('hunter2');
    expect(await readFile(configFile, 'utf8')).toBe(text);
  });

  it.each(['', '\n', '# nothing yet\n', '---\n', 'locations:\n'])('may be as good as empty: %j', async (text) => {
    await configure(text);
    expect((await locations.list()).map(({ name }) => name)).toEqual(['local']);
    await locations.add('nas', '/mnt/nas');
    expect((await locations.open('nas')).uri).toBe('file:///mnt/nas');
  });

  it('stays a link where it is one', async () => {
    await mkdir(join(folder, 'config'), { recursive: true });
    await writeFile(join(folder, 'dotfile.yaml'), '');
    await symlink('../dotfile.yaml', configFile);
    await locations.add('nas', '/mnt/nas');
    expect((await lstat(configFile)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'dotfile.yaml'), 'utf8')).toContain('nas');
  });

  it('leaves nothing beside it', async () => {
    for (const name of ['a', 'b', 'c']) await locations.add(name, '/x');
    expect(await readdir(join(folder, 'config'))).toEqual(['config.yaml']);
  });
});
