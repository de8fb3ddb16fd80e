import { gzipSync } from 'node:zlib';
import { backupFiles, isAppError } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { objectText, openMemorySpool, sourceOf, tarballOf, tarOf, type TarEntry } from '../testing/tarballs.ts';
import { openForeign, type OpenForeignOptions } from './open-foreign.ts';

const options: OpenForeignOptions = { openSpool: openMemorySpool, namespace: 'default' };
const open = (bytes: Buffer): ReturnType<typeof openForeign> =>
  openForeign({ kind: 'tarball', archive: sourceOf(bytes) }, options);

const place = 'resources/configmaps/namespaces/shop/a.json';
const object = objectText('v1', 'ConfigMap', 'a', 'shop');
const good: readonly TarEntry[] = [
  ['metadata/version', '1.1.0\n'],
  [place, object],
];

describe('a hostile tarball ends in one clear error', () => {
  const entries: Record<string, { entries: readonly TarEntry[]; text: RegExp }> = {
    'a path that climbs out': { entries: [...good, ['resources/../../etc/passwd', 'x']], text: /leads out/ },
    'an absolute path': {
      entries: [...good, ['/resources/configmaps/namespaces/shop/b.json', object]],
      text: /leads out/,
    },
    'a path with an empty step': { entries: [['resources//configmaps/x.json', object]], text: /leads out/ },
    'a symbolic link': {
      entries: [...good, [{ name: place, type: 'symlink', linkname: '/etc/passwd' }]],
      text: /symlink/,
    },
    'a hard link': { entries: [...good, [{ name: place, type: 'link', linkname: '../x' }]], text: /link/ },
    'a device': { entries: [...good, [{ name: place, type: 'character-device' }]], text: /device/ },
    'one object twice, with two contents': {
      entries: [...good, [place, objectText('v1', 'ConfigMap', 'a', 'shop', { data: { a: 'b' } })]],
      text: /twice, and they differ/,
    },
    'an object at the place of another': {
      entries: [[place, objectText('v1', 'ConfigMap', 'b', 'shop')]],
      text: /another object/,
    },
    'an object of another namespace': {
      entries: [[place, objectText('v1', 'ConfigMap', 'a', 'kube-system')]],
      text: /another object/,
    },
    'an object of another group': {
      entries: [[place, objectText('rbac.authorization.k8s.io/v1', 'ConfigMap', 'a', 'shop')]],
      text: /another object/,
    },
    'what is not JSON': { entries: [[place, '{"apiVersion":']], text: /not JSON/ },
    'what is no object': { entries: [[place, '[1,2]']], text: /no Kubernetes object/ },
    null: { entries: [[place, 'null']], text: /no Kubernetes object/ },
    'a file of no known tool': { entries: [['holiday.jpg', 'x']], text: /no tool/ },
    'a file of no known tool behind others': { entries: [...good, ['holiday.jpg', 'x']], text: /no object's place/ },
    'nothing at all': { entries: [], text: /nothing/ },
    'an archive of our own that lost its end': {
      entries: [...good, ['metadata/infrabackup/backup.json', '{}']],
      text: /archive of infrabackup/,
    },
    'JSON nested beyond measure': {
      entries: [[place, `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`]],
      text: /no Kubernetes object|not JSON/,
    },
  };
  it.each(Object.entries(entries))('%s', async (_, { entries: list, text }) => {
    await expect(tarballOf(list).then(open)).rejects.toMatchObject({
      ...{ code: 'BACKUP_DAMAGED', message: expect.stringMatching(text) as string },
    });
  });

  /** The size field of the header of the second entry, which stands behind a header and a block of content. */
  async function withSize(size: Buffer): Promise<Buffer> {
    const tar = await tarOf(good);
    const at = 1024;
    size.copy(tar, at + 124);
    tar.fill(' ', at + 148, at + 156);
    const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    return tar;
  }

  it('a header that claims 10 GiB', async () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeBigUInt64BE(10n << 30n, 4);
    await expect(open(gzipSync(await withSize(size)))).rejects.toMatchObject({
      ...{ code: 'BACKUP_DAMAGED', message: expect.stringMatching(/10737418240 bytes/) as string },
    });
  });

  it('a header of a long name that claims 10 GiB', async () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeBigUInt64BE(10n << 30n, 4);
    const tar = await withSize(size);
    tar.write('L', 1024 + 156, 'latin1');
    tar.fill(' ', 1024 + 148, 1024 + 156);
    const sum = tar.subarray(1024, 1536).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 1024 + 148, 'latin1');
    await expect(open(gzipSync(tar))).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });

  it('a bomb: little that unpacks to much', async () => {
    const zeros = Buffer.alloc(1 << 26);
    const end = Buffer.alloc(1024);
    const bomb = gzipSync(Buffer.concat([await tarOf(good).then((tar) => tar.subarray(0, -1024)), zeros]), {
      level: 1,
    });
    const many = Buffer.concat([
      bomb,
      ...Array.from({ length: 5 }, () => gzipSync(zeros, { level: 1 })),
      gzipSync(end),
    ]);
    await expect(open(many)).rejects.toMatchObject({
      ...{ code: 'BACKUP_DAMAGED', message: expect.stringMatching(/unpacks to more/) as string },
    });
  });

  it('one that is cut off anywhere', async () => {
    const whole = await tarballOf(good);
    for (let length = 0; length < whole.length; length += 7) {
      await expect(open(whole.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'BACKUP_DAMAGED',
      });
    }
  });

  it('one that was cut off before it was packed, between two files', async () => {
    const tar = await tarOf(good);
    await expect(open(gzipSync(tar.subarray(0, 1024 + 1024)))).rejects.toMatchObject({
      ...{ code: 'BACKUP_DAMAGED', message: expect.stringMatching(/cut off/) as string },
    });
  });

  it('a Velero backup whose description lies', async () => {
    const { storeWith } = await import('../testing/tarballs.ts');
    const files = backupFiles('nightly');
    for (const text of ['', '[]', 'null', '{"kind":"Backup"}', '{"kind":"Backup","metadata":{"name":"../other"}}']) {
      const store = await storeWith({ [files.archive]: await tarballOf(good), [files.velero]: text });
      await expect(openForeign({ kind: 'stored', store, name: 'nightly', files }, options), text).rejects.toMatchObject(
        {
          code: 'BACKUP_DAMAGED',
        },
      );
    }
  });
});

describe('a tarball that was changed at random', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 1);
  const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 150);

  it(`is read, or refused with a code, and never more (seed ${seed}, ${rounds} rounds)`, async () => {
    const random = randomFrom(seed);
    const tar = await tarOf([
      ...good,
      ['resources/secrets/namespaces/shop/password.json', objectText('v1', 'Secret', 'password', 'shop')],
      [
        `resources/configmaps/namespaces/shop/${'long-'.repeat(30)}name.json`,
        objectText('v1', 'ConfigMap', `${'long-'.repeat(30)}name`, 'shop'),
      ],
    ]);
    for (let round = 0; round < rounds; round++) {
      const changed = Buffer.from(tar);
      for (let flips = 1 + random(4); flips > 0; flips--) changed[random(changed.length)] = random(256);
      // Flipped before it is packed, or after.
      const packed = gzipSync(round % 2 === 0 ? changed : tar);
      if (round % 2 === 1) packed[random(packed.length)]! ^= 1 << random(8);
      const found = await open(packed).catch((error: unknown) => error);
      const isKnown = found === undefined || !(found instanceof Error) || isAppError(found);
      expect(isKnown, `seed ${seed}, round ${round}: ${String(found)}`).toBe(true);
    }
  });
});

/** Whole numbers below a limit, the same for the same seed. Source: https://en.wikipedia.org/wiki/Xorshift */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
