import type { Sealer } from '../encryption/encryption.ts';
import type { TypeName } from '../object/resource-type.ts';
import { bytesDigest, contentDigest } from '../object/content-digest.ts';
import type { RawObject } from '../object/raw-object.ts';
import { compareUtf8 } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { AppError } from '../errors/app-error.ts';
import { blockLineBytes, memberContentBytes, objectLimitBytes, objectPath } from './archive-layout.ts';
import type { IndexLine } from './index-block.ts';
import type { Extent, MemberPress } from './member-press.ts';
import { paddedBytes, tarPath, writeTarHeader } from './tar-entry.ts';

/** Some entries of a type, whose lines lie in the spool until the archive's offsets are known. */
export interface BlockDraft {
  readonly lines: Promise<Extent>;
  readonly first: ObjectRef;
  /** The first and the last member of the type that its entries lie in; the lines count from the first. */
  readonly firstMember: number;
  readonly lastMember: number;
}

/**
 * Types of which no plain digest of the content is kept, since it would tell a guessed secret from a wrong guess.
 *
 * Source: https://kubernetes.io/docs/concepts/configuration/secret/
 */
const withoutContentDigest: ReadonlySet<TypeName> = new Set(['secrets']);

/** Whether the index has content digests of the type's objects. */
export function hasContentDigest(type: TypeName): boolean {
  return !withoutContentDigest.has(type);
}

/** The objects of one type on their way into an archive: packed into members as they come, their index lines spooled. */
export class Segment {
  readonly type: TypeName;
  readonly sealer: Sealer | undefined;
  readonly members: Promise<Extent>[] = [];
  /** Where those of them lie that are in the spool; told by `onLanded`. */
  readonly landed: (Extent | undefined)[] = [];
  readonly blocks: BlockDraft[] = [];
  readonly namespaces = new Map<string, number>();
  count = 0;
  sizeBytes = 0;
  /** Whether every object came after the one before it in the order of backups. */
  inOrder = true;
  readonly #press: MemberPress;
  readonly #onLanded: () => void;
  readonly #hasContentDigest: boolean;
  #member: Buffer<ArrayBuffer> | undefined;
  #memberUsed = 0;
  #lines: string[] = [];
  #lineBytes = 0;
  #firstOfBlock: ObjectRef | undefined;
  #firstMember = 0;
  #lastMember = 0;
  #lastKey: string | undefined;

  constructor(type: TypeName, press: MemberPress, sealer: Sealer | undefined, onLanded: () => void) {
    this.type = type;
    this.#press = press;
    this.#onLanded = onLanded;
    this.sealer = sealer;
    this.#hasContentDigest = hasContentDigest(type);
  }

  add(object: RawObject): void {
    const { bytes, name, namespace } = object;
    const ref: ObjectRef = { type: this.type, namespace, name };
    const { sealer } = this;
    const ownerUids = object.ownerReferences().map((owner) => owner.uid);
    if (sealer !== undefined) {
      this.addStored(ref, sealer.seal(bytes, ref), sealer.contentDigest(object), object.uid ?? '', ownerUids);
    } else {
      const content = this.#hasContentDigest ? contentDigest(object) : null;
      this.addStored(ref, bytes, content, object.uid ?? '', ownerUids);
    }
  }

  /** Takes an object as it lies in an archive, encrypted or not, with what its index line says of it. */
  addStored(ref: ObjectRef, bytes: Buffer, content: string | null, uid: string, ownerUids: readonly string[]): void {
    const { namespace, name } = ref;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    this.inOrder &&= this.#lastKey === undefined || compareUtf8(this.#lastKey, key) < 0;
    this.#lastKey = key;

    const path = tarPath(objectPath(ref));
    if (bytes.length > objectLimitBytes) {
      throw new AppError('CLUSTER_PROTOCOL', `${path.path} has ${bytes.length} bytes, more than any API server takes`);
    }
    const length = path.headerBytes + paddedBytes(bytes.length);
    if (this.#memberUsed + length > memberContentBytes) this.#endMember();
    this.#member ??= this.#press.buffer(length);
    const offset = this.#memberUsed + path.headerBytes;
    writeTarHeader(this.#member, this.#memberUsed, path, bytes.length);
    this.#member.fill(0, offset + bytes.copy(this.#member, offset), this.#memberUsed + length);
    this.#memberUsed += length;

    this.#addLine(ref, [
      namespace ?? null,
      name,
      this.members.length - this.#firstMember,
      offset,
      bytes.length,
      bytesDigest(bytes),
      content,
      uid,
      ownerUids,
    ]);
    this.count++;
    this.sizeBytes += bytes.length;
    if (namespace !== undefined) this.namespaces.set(namespace, (this.namespaces.get(namespace) ?? 0) + 1);
  }

  /** Ends the last member and block, and resolves when all lie in the spool. */
  async close(): Promise<void> {
    this.#endMember();
    this.#endBlock();
    const all = [...this.members, ...this.blocks.map((block) => block.lines)];
    // None is under way any more, also where one fails.
    await Promise.allSettled(all);
    await Promise.all(all);
  }

  #endMember(): void {
    if (this.#member === undefined) return;
    const pressed = this.#press.press(this.#member, this.#memberUsed);
    const place = this.members.push(pressed) - 1;
    pressed.then(
      (extent) => {
        this.landed[place] = extent;
        this.#onLanded();
      },
      // Whoever drains or closes learns of it; a segment that is discarded need not.
      () => undefined,
    );
    this.#member = undefined;
    this.#memberUsed = 0;
  }

  #addLine(ref: ObjectRef, line: IndexLine): void {
    const text = `${JSON.stringify(line)}\n`;
    if (this.#lineBytes > 0 && this.#lineBytes + text.length > blockLineBytes) {
      this.#endBlock();
      const [namespace, name, , ...rest] = line;
      this.#addLine(ref, [namespace, name, 0, ...rest]);
      return;
    }
    this.#firstOfBlock ??= ref;
    this.#lastMember = this.members.length;
    this.#lines.push(text);
    this.#lineBytes += text.length;
  }

  #endBlock(): void {
    if (this.#firstOfBlock === undefined) return;
    const lines = this.#press.spoolBytes(Buffer.from(this.#lines.join('')));
    lines.catch(() => undefined);
    this.blocks.push({
      lines,
      first: this.#firstOfBlock,
      firstMember: this.#firstMember,
      lastMember: this.#lastMember,
    });
    this.#lines = [];
    this.#lineBytes = 0;
    this.#firstOfBlock = undefined;
    this.#firstMember = this.members.length;
  }
}
