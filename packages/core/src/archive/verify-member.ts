import type { BackupLock } from '../encryption/backup-lock.ts';
import { isSealed } from '../encryption/sealed-body.ts';
import { isAppError } from '../errors/app-error.ts';
import { bytesDigest, contentDigest } from '../object/content-digest.ts';
import { rawObject } from '../object/object-scanner.ts';
import type { RawObject } from '../object/raw-object.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { objectPath } from './archive-layout.ts';
import type { TypeName } from '../object/resource-type.ts';
import type { IndexEntry } from './index-entry.ts';
import { hasContentDigest } from './segment.ts';
import { isTarHeader, paddedBytes, tarPath } from './tar-entry.ts';

/** What is wrong with one object of a member, or with the member as a whole. */
export interface MemberProblem {
  /** Undefined where no one object is meant. */
  readonly ref?: ObjectRef;
  readonly message: string;
}

/** What a member should hold. */
export interface ExpectedMember {
  /** In the order of the index. */
  readonly entries: readonly IndexEntry[];
  /** Whether these are all; false where a neighbouring block of the index could not be read. */
  readonly isWhole: boolean;
  /** Whether content digests were made by the table that this version knows. */
  readonly checksContent: boolean;
  readonly lock: BackupLock;
}

/** Holds a member's content against the index: every object, every tar header, and every byte between them. */
export function verifyMember(
  content: Buffer,
  { entries, isWhole, checksContent, lock }: ExpectedMember,
): MemberProblem[] {
  const problems: MemberProblem[] = [];
  let at = isWhole ? 0 : undefined;
  for (const entry of entries) {
    const { offset, sizeBytes } = entry;
    const path = tarPath(objectPath(entry));
    const start = offset - path.headerBytes;
    const end = offset + paddedBytes(sizeBytes);
    const say = (message: string): unknown => problems.push({ ref: entry, message: `${formatRef(entry)} ${message}` });
    if ((at !== undefined && start !== at) || start < 0 || end > content.length) {
      say(`should lie at ${offset} of its member, where there is no room for it`);
    } else {
      if (!isTarHeader(content, start, path, sizeBytes)) say('has another tar header than its name and length give');
      if (content.subarray(offset + sizeBytes, end).some((byte) => byte !== 0))
        say('is followed by bytes that are not its own');
      const problem = objectProblem(content.subarray(offset, offset + sizeBytes), entry, checksContent, lock);
      if (problem !== undefined) say(problem);
    }
    if (at !== undefined) at = end;
  }
  if (at !== undefined && at !== content.length) {
    problems.push({ message: `its member has ${content.length} bytes, the index accounts for ${at}` });
  }
  return problems;
}

function objectProblem(body: Buffer, entry: IndexEntry, checksContent: boolean, lock: BackupLock): string | undefined {
  if (bytesDigest(body) !== entry.stored) return 'is not what its digest in the index says';
  if (lock.lockedBy(entry.type) !== undefined)
    return isSealed(body) ? undefined : 'lies in clear, and should be encrypted';
  let raw;
  try {
    const bytes = lock.open(entry, body);
    JSON.parse(bytes.toString());
    raw = rawObject(bytes);
  } catch (error) {
    if (isAppError(error, 'BACKUP_DAMAGED'))
      return 'is not what was encrypted under its name: its key does not open it';
    return `is no Kubernetes object: ${(error as Error).message}`;
  }
  if (raw.name !== entry.name || raw.namespace !== entry.namespace) return 'holds an object of another name';
  if ((raw.uid ?? '') !== entry.uid) return 'has another uid than the index says';
  const owners = raw.ownerReferences().map(({ uid }) => uid);
  if (owners.join() !== entry.ownerUids.join()) return 'has other owners than the index says';
  if (!checksContent) return undefined;
  const content = lock.isEncrypted(entry.type) ? lock.contentDigest(entry.type, raw) : plainDigest(entry.type, raw);
  return content === entry.content ? undefined : 'has another content digest than the index says';
}

function plainDigest(type: TypeName, object: RawObject): string | undefined {
  return hasContentDigest(type) ? contentDigest(object) : undefined;
}
