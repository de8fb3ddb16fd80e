import { MemberPacker } from '../archive/gzip-member.ts';

/** One gzip member that holds `content`, as an archive's are. */
export async function packMember(content: Buffer, level = 1): Promise<Buffer> {
  const packer = new MemberPacker(level);
  try {
    return Buffer.from(await packer.pack(content));
  } finally {
    packer.close();
  }
}
