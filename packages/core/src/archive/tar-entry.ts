/**
 * The tar headers of a backup, written by hand: a header a time through a tar library's stream costs more than cutting,
 * hashing and compressing the object (tar-stream piped into gzip takes twice the CPU time: `npm run bench archive`). For
 * reading tars of unknown origin a library is the right tool; this writes one kind of entry only, and always the same.
 *
 * Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13 (ustar and pax formats)
 */
const blockBytes = 512;
const nameBytes = 100;
const prefixBytes = 155;
const zero = 0x30;
/** What the header is of. */
const types = { file: 0x30, pax: 0x78 } as const;
const at = { mode: 100, uid: 108, gid: 116, size: 124, time: 136, checksum: 148, type: 156, magic: 257, prefix: 345 };

/** The length of `sizeBytes` of content with the zeros that fill its last block. */
export function paddedBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}

/** A path as tar headers hold it. */
export interface TarPath {
  readonly path: string;
  /** In ustar's two fields; undefined where it needs a pax header. */
  readonly ustar: { readonly prefix: string; readonly name: string } | undefined;
  /** The content of its pax header; undefined where it needs none. */
  readonly pax: Buffer | undefined;
  /** The length of all that stands before the entry's content. */
  readonly headerBytes: number;
}

/** Decides how tar headers hold the path. */
export function tarPath(path: string): TarPath {
  const ustar = /^[ -~]*$/.test(path) ? ustarPath(path) : undefined;
  if (ustar !== undefined) return { path, ustar, pax: undefined, headerBytes: blockBytes };
  const pax = paxRecord('path', path);
  return { path, ustar, pax, headerBytes: 2 * blockBytes + paddedBytes(pax.length) };
}

/** Writes all that stands before the content of a regular file at `offset`. */
export function writeTarHeader(
  target: Buffer,
  offset: number,
  { path, ustar, pax, headerBytes }: TarPath,
  sizeBytes: number,
): void {
  if (pax !== undefined) {
    writeBlock(target, offset, pathlessPrefix, 'pax', pax.length, types.pax);
    const end = pax.copy(target, offset + blockBytes) + offset + blockBytes;
    target.fill(0, end, offset + headerBytes - blockBytes);
  }
  const { prefix, name } = ustar ?? { prefix: pathlessPrefix, name: path.replace(/[^ -~]/g, '_').slice(-nameBytes) };
  writeBlock(target, offset + headerBytes - blockBytes, prefix, name, sizeBytes, types.file);
}

/** What a reader that knows no pax headers is shown as the folder of a file that needs one. */
const pathlessPrefix = 'PaxHeaders';

/** One whole entry of a small file. */
export function tarEntry(path: string, content: Buffer): Buffer {
  const header = tarPath(path);
  const entry = Buffer.alloc(header.headerBytes + paddedBytes(content.length));
  writeTarHeader(entry, 0, header, content.length);
  content.copy(entry, header.headerBytes);
  return entry;
}

/** Whether just what {@link writeTarHeader} writes stands at `offset`; what does not fit does not. */
export function isTarHeader(content: Buffer, offset: number, path: TarPath, sizeBytes: number): boolean {
  const expected = Buffer.alloc(path.headerBytes);
  writeTarHeader(expected, 0, path, sizeBytes);
  return content.subarray(offset, offset + path.headerBytes).equals(expected);
}

/** The length of content that the tar header at `offset` claims, checked by nothing; 0 where it claims none. */
export function tarHeaderSize(content: Buffer, offset: number): number {
  const digits = content.toString('latin1', offset + at.size, offset + at.size + 11);
  return /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : 0;
}

/** What every header has in common: a regular file, mode 0644, owned by nobody by name, at the beginning of time. */
const template = Buffer.alloc(blockBytes);
template.write('0000644\0', at.mode, 'latin1');
template.write('0000000\0', at.uid, 'latin1');
template.write('0000000\0', at.gid, 'latin1');
template.write('00000000000\0', at.size, 'latin1');
template.write('00000000000\0', at.time, 'latin1');
template.write('        ', at.checksum, 'latin1');
template.write('ustar\u000000', at.magic, 'latin1');
const templateSum = sum(template, 0, blockBytes);

function writeBlock(
  target: Buffer,
  offset: number,
  prefix: string,
  name: string,
  sizeBytes: number,
  type: number,
): void {
  template.copy(target, offset);
  const nameLength = target.write(name, offset, 'latin1');
  const prefixLength = prefix === '' ? 0 : target.write(prefix, offset + at.prefix, 'latin1');
  writeOctal(target, offset + at.size, 11, sizeBytes);
  target[offset + at.type] = type;
  const checksum =
    templateSum +
    sum(target, offset, nameLength) +
    sum(target, offset + at.prefix, prefixLength) +
    sum(target, offset + at.size, 11) -
    11 * zero +
    type;
  writeOctal(target, offset + at.checksum, 6, checksum);
  target[offset + at.checksum + 6] = 0;
}

function writeOctal(target: Buffer, offset: number, digits: number, value: number): void {
  let rest = value;
  for (let place = offset + digits - 1; place >= offset; place--) {
    target[place] = zero + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

function sum(bytes: Buffer, from: number, length: number): number {
  let total = 0;
  for (let i = from; i < from + length; i++) total += bytes[i]!;
  return total;
}

function ustarPath(path: string): { prefix: string; name: string } | undefined {
  if (path.length <= nameBytes) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - nameBytes - 1);
  if (slash < 0 || slash > prefixBytes || slash === path.length - 1) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** `<length> key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
