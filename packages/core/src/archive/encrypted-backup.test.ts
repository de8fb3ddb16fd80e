import { beforeAll, describe, expect, it } from 'vitest';
import { openLock } from '../encryption/backup-lock.ts';
import type { Keyring } from '../encryption/backup-lock.ts';
import { encryptionForAge, parseAgeIdentities } from '../encryption/age.ts';
import { parseEncryptionConfig } from '../encryption/encryption-config.ts';
import type { EncryptionConfig } from '../encryption/encryption-config.ts';
import { encryptionBy } from '../encryption/encryption.ts';
import type { CipherName } from '../encryption/encryption-key.ts';
import { isSealed } from '../encryption/sealed-body.ts';
import { backupFiles } from '../location/backup-files.ts';
import type { Store } from '../store/store.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { randomFrom } from '../testing/random.ts';
import { openArchiveFile, openBackup } from './open-backup.ts';
import { storeSource } from './archive-source.ts';
import { unpackMember } from './gzip-member.ts';
import { verifyBackup } from './verify-backup.ts';

const objects = randomSample(randomFrom(7), 300);
const secrets = objects.filter(({ ref }) => ref.type === 'secrets');
const roles = objects.filter(({ ref }) => ref.type.startsWith('clusterroles'));
const others = objects.length - secrets.length;

function config(
  cipher: CipherName,
  name = 'key1',
  byte = 1,
  resources: readonly string[] = ['secrets'],
): EncryptionConfig {
  const secret = Buffer.alloc(32, byte).toString('base64');
  return parseEncryptionConfig(
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [{ resources, providers: [{ [cipher]: { keys: [{ name, secret }] } }] }],
    }),
    'keys.yaml',
  );
}

async function readAll(store: Store, keyring?: Keyring): Promise<string[]> {
  const backup = await openBackup(store, 'sample', { keyring });
  const found = await Array.fromAsync(backup.readMany(backup.entries()));
  return found.map(({ bytes }) => bytes.toString());
}

const texts = objects.map(({ json }) => json);

describe.each(['aesgcm', 'aescbc', 'secretbox'] as const)('a backup encrypted with %s', (cipher) => {
  const keyring = config(cipher);
  let store: Store;
  beforeAll(async () => {
    ({ store } = await writeSample(objects, { encryption: encryptionBy(keyring) }));
  });

  it('is read with its key, alone and beside others, one object and all of them', async () => {
    expect(await readAll(store, keyring)).toEqual(texts);
    const others = [config(cipher, 'key2', 2), config(cipher, 'key1', 3), keyring].flatMap(({ keys }) => keys);
    expect(await readAll(store, { keys: others })).toEqual(texts);
    const backup = await openBackup(store, 'sample', { keyring });
    const entry = await backup.find(secrets[3]!.ref);
    expect((await backup.read(entry!)).toString()).toBe(secrets[3]!.json);
  });

  it('is read as a lone archive', async () => {
    const { archive } = backupFiles('sample');
    const sizeBytes = (await store.stat(archive))!.sizeBytes;
    const backup = await openArchiveFile(storeSource(store, archive, sizeBytes), keyring);
    expect((await Array.fromAsync(backup.readMany(backup.entries()))).map(({ bytes }) => bytes.toString())).toEqual(
      texts,
    );
  });

  it('tells without a key everything but the contents, and which key it needs', async () => {
    const backup = await openBackup(store, 'sample');
    expect(await Array.fromAsync(backup.entries())).toHaveLength(objects.length);
    expect(backup.lock.lockedBy('configmaps')).toBeUndefined();
    expect(backup.lock.lockedBy('secrets')).toEqual({ cipher, key: 'key1', why: 'missing', isForAge: false });
    const entry = (await backup.find(secrets[0]!.ref))!;
    await expect(backup.read(entry)).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining(`the ${cipher} key "key1"`) as string,
    });
    const readable = await Array.fromAsync(backup.entries({ types: ['configmaps', 'deployments.apps'] }));
    expect((await Array.fromAsync(backup.readMany(readable))).length).toBe(readable.length);
    await expect(readAll(store)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('tells a wrong key of the right name before anything is read with it', async () => {
    const wrong = config(cipher, 'key1', 9);
    const backup = await openBackup(store, 'sample', { keyring: wrong });
    expect(backup.lock.lockedBy('secrets')).toMatchObject({ why: 'wrong' });
    await expect(readAll(store, wrong)).rejects.toMatchObject({ code: 'KEY_WRONG' });
  });

  it('is verified without the key for integrity, and with it for content', async () => {
    const by = { cipher, key: 'key1', why: 'missing', isForAge: false };
    expect(await verifyBackup(store, 'sample')).toMatchObject({
      objects: objects.length,
      locked: [{ by, objects: secrets.length }],
      findings: [],
    });
    expect(await verifyBackup(store, 'sample', { keyring })).toMatchObject({
      objects: objects.length,
      locked: [],
      findings: [],
    });
  });

  it('keeps digests of content that compare under one key, and tell nothing under another', async () => {
    const digests = async (keys: EncryptionConfig): Promise<(string | undefined)[]> => {
      const { store: written } = await writeSample(secrets, { encryption: encryptionBy(keys) });
      const backup = await openBackup(written, 'sample');
      return (await Array.fromAsync(backup.entries())).map(({ content }) => content);
    };
    const [first, second, other] = await Promise.all([
      digests(keyring),
      digests(keyring),
      digests(config(cipher, 'key1', 2)),
    ]);
    expect(first).toEqual(second);
    expect(first.every((digest) => digest !== undefined)).toBe(true);
    expect(first.filter((digest, i) => digest === other[i])).toEqual([]);
  });
});

describe('what lies in an encrypted archive', () => {
  it('is in clear for types that no rule encrypts, and sealed with the key of each rule', async () => {
    const rules = [
      ...config('aesgcm', 'a').rules,
      ...config('secretbox', 'b', 2, ['clusterroles.rbac.authorization.k8s.io']).rules,
    ];
    const { store, summary } = await writeSample(objects, { encryption: encryptionBy({ rules, keys: [] }) });
    expect(summary.encryption?.keys.map(({ name, cipher, types }) => ({ name, cipher, types }))).toEqual([
      { name: 'b', cipher: 'secretbox', types: ['clusterroles.rbac.authorization.k8s.io'] },
      { name: 'a', cipher: 'aesgcm', types: ['secrets'] },
    ]);
    const archive = await store.read(backupFiles('sample').archive);
    let sealed = 0;
    for await (const entry of (await openBackup(store, 'sample')).entries()) {
      const member = archive.subarray(entry.memberOffset, entry.memberOffset + entry.memberLength);
      const content = await unpackMember(member, 1 << 24, 'member');
      const body = content.subarray(entry.offset, entry.offset + entry.sizeBytes);
      sealed += Number(isSealed(body));
      expect(isSealed(body)).toBe(entry.type === 'secrets' || entry.type.startsWith('clusterroles'));
    }
    expect(sealed).toBe(secrets.length + roles.length);
  });

  it('says so little that a backup without an object of an encrypted type lies in clear', async () => {
    const { summary } = await writeSample(objects.slice(0, 1), {
      encryption: encryptionBy(config('aesgcm', 'a', 1, ['pods'])),
    });
    expect(summary.encryption).toBeNull();
  });

  it('comes in order, whatever the order of arrival', async () => {
    const keys = config('secretbox');
    const { store } = await writeSample(objects, { encryption: encryptionBy(keys), arrival: objects.toReversed() });
    expect(await readAll(store, keys)).toEqual(texts);
    expect((await verifyBackup(store, 'sample', { keyring: keys })).findings).toEqual([]);
  });

  it('is not taken for a header that says otherwise', async () => {
    const encryption = encryptionBy(config('aesgcm'));
    await expect(writeSample(objects, { encryption, header: { encryption: null } })).rejects.toThrow(
      'another encryption',
    );
  });

  it('is found out when a body was put under another name, by whoever has the key', async () => {
    const encryption = encryptionBy(config('aesgcm'));
    const sealer = encryption.sealerOf('secrets')!;
    const [a, b] = secrets.slice(0, 2).map(({ ref, json }) => sealer.seal(Buffer.from(json), ref));
    expect(a!.equals(b!)).toBe(false);
    const forged = {
      sealerOf: (type: string) => {
        const own = encryption.sealerOf(type);
        return own && { ...own, seal: (json: Buffer) => own.seal(json, secrets[0]!.ref) };
      },
    };
    const { store } = await writeSample(secrets.slice(0, 3), { encryption: forged });
    const { findings } = await verifyBackup(store, 'sample', { keyring: config('aesgcm') });
    expect(findings.map(({ kind, refs }) => [kind, refs.map(({ name }) => name)])).toEqual(
      secrets.slice(1, 3).map(({ ref }) => ['object', [ref.name]]),
    );
    expect((await verifyBackup(store, 'sample')).findings).toEqual([]);
    await expect(readAll(store, config('aesgcm'))).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });
});

describe('a backup for age recipients', async () => {
  const { generateX25519Identity, identityToRecipient, Decrypter, armor } = await import('age-encryption');
  const [mine, yours, stranger] = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
  const file = (...lines: readonly string[]): string => `# created: 2026-11-21\n\n${lines.join('\n')}\n`;
  const recipients = await Promise.all([mine!, yours!].map(identityToRecipient));
  const encryption = await encryptionForAge(recipients, ['*.*']);
  const { store, summary } = await writeSample(objects, { encryption });

  it('is opened by any of them', async () => {
    for (const identity of [mine!, yours!]) {
      const identities = await parseAgeIdentities(file(stranger!, identity), 'identity.txt');
      expect(await readAll(store, { keys: [], identities })).toEqual(texts);
    }
  });

  it('encrypts every type, and is told apart from one without an identity or with a stranger', async () => {
    const strangers = await parseAgeIdentities(file(stranger!), 'identity.txt');
    const [none, wrong] = await Promise.all([
      openLock(summary.encryption, undefined),
      openLock(summary.encryption, { keys: [], identities: strangers }),
    ]);
    for (const { type } of objects.map(({ ref }) => ref)) {
      expect(none.lockedBy(type)).toMatchObject({ why: 'missing', isForAge: true });
      expect(wrong.lockedBy(type)).toMatchObject({ why: 'wrong', isForAge: true });
    }
    expect(others).toBeGreaterThan(0);
    await expect(readAll(store)).rejects.toMatchObject({
      code: 'KEY_MISSING',
      hint: expect.stringContaining('--age-identity') as string,
    });
  });

  it('carries an EncryptionConfiguration that opens it, for whoever decrypts that with age', async () => {
    const age = new Decrypter();
    age.addIdentity(mine!);
    const text = await age.decrypt(armor.decode(summary.encryption!.age!), 'text');
    expect(await readAll(store, parseEncryptionConfig(text, 'decrypted'))).toEqual(texts);
  });

  it('can be followed by another one under the same key, which a restore keeps what it changes with', async () => {
    const identities = await parseAgeIdentities(file(mine!), 'identity.txt');
    const { again } = await openLock(summary.encryption, { keys: [], identities });
    const next = await writeSample(objects, { encryption: again! });
    expect(next.summary.encryption).toEqual(summary.encryption);
    expect(await readAll(next.store, { keys: [], identities })).toEqual(texts);
  });

  it('refuses what is no recipient and no identity, without quoting it', async () => {
    for (const refused of [
      encryptionForAge([mine!], ['*.*']),
      parseAgeIdentities(file(mine!, `${yours!}x`), 'f'),
      parseAgeIdentities('# none', 'f'),
    ]) {
      const error = (await refused.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )) as Error & { code: string; hint: string };
      expect(error.code).toBe('USAGE');
      expect(`${error.message}${error.hint}`).not.toMatch(/AGE-SECRET-KEY-1[A-Z0-9]{4}/);
    }
  });
});
