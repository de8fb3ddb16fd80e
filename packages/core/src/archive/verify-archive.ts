import type { BackupLock, LockedBy } from '../encryption/backup-lock.ts';
import { isAppError, throwIfCancelled } from '../errors/app-error.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import { contentTableVersion } from '../object/server-owned-members.ts';
import type { ArchiveSource } from './archive-source.ts';
import { refLimit } from './finding.ts';
import type { Findings } from './finding.ts';
import { ForwardReader } from './forward-reader.ts';
import { unpackMember } from './gzip-member.ts';
import { IndexWalk } from './index-walk.ts';
import type { IndexedMember } from './index-walk.ts';
import { contentLimit } from './member-reader.ts';
import type { ArchiveHeader } from './summary.ts';
import { verifyMember } from './verify-member.ts';
import { endLimitBytes, reporting, verifyRest, verifyVersion } from './verify-rest.ts';

/** An archive and its index, to be read once from the front. */
export interface ArchiveParts {
  /** What the summary, or else the archive itself, says. */
  readonly header: ArchiveHeader;
  readonly archive: AsyncIterable<Uint8Array>;
  readonly archiveBytes: number;
  readonly indexOffset: number;
  readonly index: AsyncIterable<Uint8Array>;
  readonly lock: BackupLock;
  /** Another copy of the index, for blocks that are damaged; undefined where there is none. */
  readonly spareIndex: ArchiveSource | undefined;
}

/** How an archive is verified. */
export interface VerifyArchiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how far it is. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** How far a verification is. */
export interface VerifyProgress {
  readonly objects: number;
  readonly archiveBytes: number;
  readonly totalBytes: number;
}

/** The two files as they were read, and how many objects were held against the index. */
export interface VerifiedArchive {
  readonly archive: { readonly sizeBytes: number; readonly sha256: string };
  readonly index: { readonly sizeBytes: number; readonly sha256: string };
  readonly objects: number;
  /** Those of them whose content could not be looked at. */
  readonly locked: readonly LockedObjects[];
}

/** Objects that stayed closed: of them everything but their content was verified. */
export interface LockedObjects {
  readonly by: LockedBy;
  readonly objects: number;
}

/** Holds an archive against its index, byte by byte from the front, and the index against the counts of the header. */
export async function verifyArchive(
  parts: ArchiveParts,
  findings: Findings,
  options: VerifyArchiveOptions,
): Promise<VerifiedArchive> {
  const { header, archiveBytes, indexOffset } = parts;
  const archive = new ForwardReader(parts.archive);
  const index = new ForwardReader(parts.index);
  const indexWalk = new IndexWalk(header, archiveBytes, index, parts.spareIndex, findings);
  const walk = new ArchiveWalk(parts, archive, indexWalk, findings, options);
  await walk.members();
  await verifyRest({
    header,
    archive,
    archiveBytes,
    indexOffset,
    at: walk.at,
    onDamage: (message) => findings.add('archive', message),
    onGap: (from, to) => walk.unaccounted(from, to),
  });
  indexWalk.verifyCounts();
  return { archive: await archive.end(), index: await index.end(), objects: walk.objects, locked: walk.locked() };
}

/** Members that are unpacked while others are looked at. */
const membersAhead = 4;

/** Goes through the members of an archive that its index names. */
class ArchiveWalk {
  /** Up to where the archive's bytes are accounted for. */
  at = 0;
  /** Objects that were held against the index. */
  objects = 0;
  readonly #parts: ArchiveParts;
  readonly #archive: ForwardReader;
  readonly #index: IndexWalk;
  readonly #findings: Findings;
  readonly #options: VerifyArchiveOptions;
  readonly #locked = new Map<TypeName, number>();
  #missing = 0;
  readonly #missingRefs: ObjectRef[] = [];

  constructor(
    parts: ArchiveParts,
    archive: ForwardReader,
    index: IndexWalk,
    findings: Findings,
    options: VerifyArchiveOptions,
  ) {
    this.#parts = parts;
    this.#archive = archive;
    this.#index = index;
    this.#findings = findings;
    this.#options = options;
  }

  /** Every member that the index names. */
  async members(): Promise<void> {
    const pending: Promise<void>[] = [];
    for await (const member of this.#index.members()) {
      throwIfCancelled(this.#options.signal);
      const packed = await this.#takeMember(member);
      if (packed === undefined) continue;
      const verified = this.#verifyMember(member, packed);
      verified.catch(() => undefined);
      pending.push(verified);
      if (pending.length === membersAhead) await pending.shift();
    }
    await Promise.all(pending);
    if (this.#missing > 0) {
      const first = formatRef(this.#missingRefs[0]!);
      const message = `the archive is cut off: ${this.#missing} objects from ${first} on are not in it`;
      this.#findings.add('archive', message, this.#missingRefs);
    }
  }

  /** By the key that each type needs. */
  locked(): LockedObjects[] {
    const types = [...this.#locked].map(([type, objects]) => ({ by: this.#parts.lock.lockedBy(type)!, objects }));
    return [...Map.groupBy(types, ({ by }) => `${by.cipher} ${by.key}`).values()].map((alike) => ({
      by: alike[0]!.by,
      objects: alike.reduce((sum, { objects }) => sum + objects, 0),
    }));
  }

  /** Reports bytes that nothing accounts for, unless what did so is lost. */
  unaccounted(from: number, to: number): void {
    if (!this.#index.lostBlocks)
      this.#findings.add('archive', `bytes ${from} to ${to} of the archive belong to nothing that it names`);
  }

  /** The member's bytes, when they are there and no others of the index lie over them. */
  async #takeMember(member: IndexedMember): Promise<Buffer | undefined> {
    const { offset, length, entries } = member;
    const say = (message: string): void => {
      this.#findings.add('index', `the index names a member at byte ${offset} that ${message}`, entries);
    };
    if (offset < this.at) {
      // A member that a lost block parts in two comes twice.
      if (!member.followsLoss) say('lies over the one before it');
      return undefined;
    }
    if (length > Math.max(...entries.map(contentLimit)) + endLimitBytes) {
      say(`has ${length} bytes, more than its content can take`);
      return undefined;
    }
    if (this.at === 0 && !member.followsLoss) await this.#verifyStart(offset);
    else if (offset > this.at && !member.followsLoss) this.unaccounted(this.at, offset);
    this.at = offset + length;
    const packed = await this.#archive.take(offset, length);
    if (packed.length === length) return packed;
    this.#missing += entries.length;
    if (this.#missingRefs.length < refLimit) this.#missingRefs.push(...entries);
    return undefined;
  }

  async #verifyMember({ offset, entries, followsLoss, precedesLoss }: IndexedMember, packed: Buffer): Promise<void> {
    const limit = Math.max(...entries.map(contentLimit));
    const where = `the member at byte ${offset} of the archive, with ${entries.length} objects from ${formatRef(entries[0]!)} on,`;
    let content: Buffer;
    try {
      content = await unpackMember(packed, limit, where);
    } catch (error) {
      if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
      this.#findings.add('object', error.message, entries);
      return;
    }
    const checksContent = this.#parts.header.contentTable === contentTableVersion;
    const isWhole = !followsLoss && !precedesLoss;
    const { lock } = this.#parts;
    for (const { ref, message } of verifyMember(content, { entries, isWhole, checksContent, lock })) {
      this.#findings.add(
        'object',
        ref === undefined ? `${where} ${message}` : message,
        ref === undefined ? entries : [ref],
      );
    }
    this.objects += entries.length;
    // A member holds objects of one type.
    const { type } = entries[0]!;
    if (lock.lockedBy(type) !== undefined) this.#locked.set(type, (this.#locked.get(type) ?? 0) + entries.length);
    this.#options.onProgress?.({
      objects: this.objects,
      archiveBytes: offset + packed.length,
      totalBytes: this.#parts.archiveBytes,
    });
  }

  async #verifyStart(end: number): Promise<void> {
    await reporting(
      (message) => this.#findings.add('archive', message),
      async () => verifyVersion(await this.#archive.take(0, Math.min(end, endLimitBytes))),
    );
  }
}
