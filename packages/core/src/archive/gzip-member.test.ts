import { deflateRawSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packMember } from '../testing/pack-member.ts';
import { gzipTrailer, MemberPacker, unpackMember, unpackMembers } from './gzip-member.ts';

const content = Buffer.from('content '.repeat(1000));
const header = Buffer.from('1f8b08000000000000ff', 'hex');
const deflated = deflateRawSync(content);
const trailer = gzipTrailer(content);

describe('a member', () => {
  test.each([0, 1, 6, 9])('packed at level %i begins as every other, and any gunzip reads it', async (level) => {
    const packed = await packMember(content, level);
    expect(packed.subarray(0, 10)).toEqual(header);
    expect(gunzipSync(packed)).toEqual(content);
    expect(await unpackMember(packed, content.length, 'it')).toEqual(content);
  });

  test('of a stream that packed others holds its content and nothing else', async () => {
    const packer = new MemberPacker(1);
    for (const length of [100_000, 0, 1, 5 << 20, 262_144, 41, 100_000]) {
      const bytes = Buffer.from('some content, some other '.repeat(length)).subarray(0, length);
      const packed = await packer.pack(bytes);
      expect(packed.subarray(0, 10)).toEqual(header);
      expect(gunzipSync(packed).equals(bytes)).toBe(true);
      expect((await unpackMember(packed, length, 'it')).equals(bytes)).toBe(true);
    }
    packer.close();
  });

  test('may be empty, or longer than one trip to zlib', async () => {
    for (const length of [0, 1, (1 << 17) - 1, 1 << 17, (1 << 20) + 1]) {
      const bytes = Buffer.alloc(length, 7);
      expect((await unpackMember(await packMember(bytes, 0), length, 'it')).equals(bytes)).toBe(true);
    }
  });

  test.each([
    ['bytes between its data and its trailer', [header, deflated, Buffer.from('x'), trailer]],
    ['bytes behind it', [header, deflated, trailer, Buffer.from('x')]],
    [
      'another member behind it',
      [header, deflated, trailer, header, deflateRawSync(Buffer.alloc(0)), gzipTrailer(Buffer.alloc(0))],
    ],
    ['a time in its header', [Buffer.from('1f8b08000100000000ff', 'hex'), deflated, trailer]],
    ['a file name in its header', [Buffer.from('1f8b08080000000000ff', 'hex'), Buffer.from('a\0'), deflated, trailer]],
    ['another checksum', [header, deflated, Buffer.concat([Buffer.from([1]), trailer.subarray(1)])]],
    ['another length', [header, deflated, Buffer.concat([trailer.subarray(0, 4), Buffer.from([1, 0, 0, 0])])]],
    ['no end', [header, deflated.subarray(0, -3), trailer]],
    ['nothing but a header', [header]],
    ['nothing', []],
  ])('with %s is refused', async (_, parts) => {
    const unpacking = unpackMember(Buffer.concat(parts), 1 << 20, 'the thing');
    await expect(unpacking).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringMatching(/^the thing /) as string,
    });
  });

  test('is not unpacked beyond the limit, whatever length it claims', async () => {
    for (const claimed of [0, 10, content.length, 2 ** 32 - 1]) {
      const lying = Buffer.from(trailer);
      lying.writeUInt32LE(claimed, 4);
      const unpacking = unpackMember(Buffer.concat([header, deflated, lying]), content.length - 1, 'it');
      await expect(unpacking).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    }
  });
});

describe('neighbouring members', () => {
  const contents = ['one', 'x'.repeat(100_000), ''].map((text) => Buffer.from(text));
  const pack = async () => {
    const members = await Promise.all(contents.map((content) => packMember(content, 1)));
    return { bytes: Buffer.concat(members), lengths: members.map((member) => member.length) };
  };

  test('are unpacked together as each by itself', async () => {
    const { bytes, lengths } = await pack();
    expect(await unpackMembers(bytes, lengths)).toEqual(contents);
  });

  test.each<[string, (bytes: Buffer, lengths: number[]) => void]>([
    ['one of them is damaged', (bytes) => void (bytes[40]! ^= 1)],
    ['one of them has another header', (bytes, lengths) => void (bytes[lengths[0]! + 9] = 3)],
    ['a length is wrong', (_, lengths) => void (lengths[0]! += 1)],
    ['one claims another size', (bytes) => void bytes.writeUInt32LE(1, bytes.length - 4)],
    [
      'they claim to hold more than is unpacked at once',
      (bytes) => void bytes.writeUInt32LE(2 ** 31, bytes.length - 4),
    ],
  ])('are left to be unpacked one by one when %s', async (_, harm) => {
    const { bytes, lengths } = await pack();
    harm(bytes, lengths);
    expect(await unpackMembers(bytes, lengths)).toBeUndefined();
  });
});
