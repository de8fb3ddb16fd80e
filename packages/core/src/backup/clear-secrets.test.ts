import { describe, expect, it } from 'vitest';
import { copyBackup } from './copy-backup.ts';
import { rewriteBackup } from './rewrite-backup.ts';
import { openBackup } from '../archive/open-backup.ts';
import { encryptionBy } from '../encryption/encryption.ts';
import { parseEncryptionConfig } from '../encryption/encryption-config.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { randomFrom } from '../testing/random.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { sampleWriter } from '../testing/sample-location.ts';

const lasting = (): Store => openMemoryStore({ capabilities: { keepsRemoved: true } });
const refused = {
  code: 'SECRETS_IN_CLEAR',
  hint: expect.stringMatching(/--encryption-config.*--age-recipient.*--allow-clear-secrets/) as string,
};

describe('where what was written stays for good', () => {
  const sample = writeSample(randomSample(randomFrom(7), 60));
  const rewriting = async (to: Store, more: object = {}) => {
    const { store } = await sample;
    const common = {
      backup: await openBackup(store, 'sample'),
      to,
      name: 'again',
      tool: 'test',
      encryption: undefined,
    };
    return rewriteBackup({
      ...common,
      openSpool: () => Promise.resolve(memorySpool()),
      writer: sampleWriter(),
      ...more,
    });
  };

  it('no Secret is copied or written in clear, and nothing is left of the try', async () => {
    const to = lasting();
    const { store: from } = await sample;
    await expect(copyBackup({ from, name: 'sample', to, writer: sampleWriter() })).rejects.toMatchObject(refused);
    await expect(rewriting(to)).rejects.toMatchObject(refused);
    expect(await Array.fromAsync(to.list(''))).toEqual([]);
  });

  it('it is when somebody says that it is meant', async () => {
    const to = lasting();
    const { store: from } = await sample;
    await copyBackup({ from, name: 'sample', to, writer: sampleWriter(), allowClearSecrets: true });
    await rewriting(to, { allowClearSecrets: true });
    expect(await Array.fromAsync(to.listNames('backups/'))).toEqual(['again', 'sample']);
  });

  it('it is when Secrets are encrypted, and not when only others are', async () => {
    const key = { aesgcm: { keys: [{ name: 'k', secret: Buffer.alloc(32, 1).toString('base64') }] } };
    const kind = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' };
    const encrypting = (resource: string) =>
      encryptionBy(
        parseEncryptionConfig(
          JSON.stringify({ ...kind, resources: [{ resources: [resource], providers: [key] }] }),
          'keys.json',
        ),
      );
    await rewriting(lasting(), { encryption: encrypting('secrets') });
    await expect(rewriting(lasting(), { encryption: encrypting('configmaps') })).rejects.toMatchObject(refused);
  });
});
