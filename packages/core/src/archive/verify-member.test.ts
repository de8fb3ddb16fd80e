import { expect, test } from 'vitest';
import { openLock } from '../encryption/backup-lock.ts';
import { bytesDigest, contentDigest } from '../object/content-digest.ts';
import { rawObject } from '../object/object-scanner.ts';
import { objectPath } from './archive-layout.ts';
import type { IndexEntry } from './index-entry.ts';
import { tarEntry, tarPath } from './tar-entry.ts';
import { verifyMember } from './verify-member.ts';

const json = (name: string): Buffer =>
  Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'X', metadata: { name, namespace: 'a', uid: name } }));

const tarOf = (name: string, content = json(name)): Buffer =>
  tarEntry(`resources/configmaps/namespaces/a/${name}.json`, content);

/** Entries that say what their tars do, one behind another. */
function entriesOf(...names: readonly string[]): IndexEntry[] {
  let at = 0;
  return names.map((name) => {
    const bytes = json(name);
    const ref = { type: 'configmaps', namespace: 'a', name };
    const offset = at + tarPath(objectPath(ref)).headerBytes;
    at += tarOf(name).length;
    return {
      ...ref,
      ...{ memberOffset: 0, memberLength: 1, offset, sizeBytes: bytes.length, uid: name, ownerUids: [] },
      ...{ stored: bytesDigest(bytes), content: contentDigest(rawObject(bytes)) },
    };
  });
}

const lock = await openLock(null, undefined);

const problems = (content: Buffer, entries: readonly IndexEntry[], isWhole = true): string[] =>
  verifyMember(content, { entries, isWhole, checksContent: true, lock }).map(({ message }) => message);

const whole = Buffer.concat([tarOf('one'), tarOf('two')]);

test('a member that is what the index says has no problem', () => {
  expect(problems(whole, entriesOf('one', 'two'))).toEqual([]);
});

test('an object that the index does not name is a problem, unless a part of the index is lost', () => {
  expect(problems(whole, entriesOf('one'))).toEqual(['its member has 2048 bytes, the index accounts for 1024']);
  expect(problems(whole, entriesOf('one', 'two').slice(1))).toEqual([
    'configmaps/two -n a should lie at 1536 of its member, where there is no room for it',
  ]);
  expect(problems(whole, entriesOf('one'), false)).toEqual([]);
  expect(problems(whole, entriesOf('one', 'two').slice(1), false)).toEqual([]);
});

test('an object that is not there is a problem', () => {
  expect(problems(tarOf('one'), entriesOf('one', 'two'))).toContain(
    'configmaps/two -n a should lie at 1536 of its member, where there is no room for it',
  );
});

test.each([
  [
    'a tar header of another name',
    Buffer.concat([tarOf('six', json('one')), tarOf('two')]),
    /one -n a has another tar header/,
  ],
  [
    'bytes in the padding',
    Buffer.concat([whole.subarray(0, 1000), Buffer.from('x'), whole.subarray(1001)]),
    /one -n a is followed by bytes/,
  ],
  ['another object', Buffer.concat([tarOf('one', json('six')), tarOf('two')]), /one -n a is not what its digest/],
])('%s is a problem of the one object', (_, content, message) => {
  expect(problems(content, entriesOf('one', 'two'))).toEqual([expect.stringMatching(message)]);
});

test.each<[string, Partial<IndexEntry>, RegExp]>([
  ['uid', { uid: 'another' }, /has another uid/],
  ['owners', { ownerUids: ['x'] }, /has other owners/],
  ['content digest', { content: 'A'.repeat(43) }, /has another content digest/],
  ['a content digest that it should have', { content: undefined }, /has another content digest/],
])("an index entry that differs in the object's %s is a problem", (_, lie, message) => {
  const [one, two] = entriesOf('one', 'two');
  expect(problems(whole, [{ ...one!, ...lie }, two!])).toEqual([expect.stringMatching(message)]);
});

test('an object stored under a name that is not its own is a problem, however right its digests are', () => {
  const bytes = json('six');
  const [one] = entriesOf('one');
  const forged = { ...one!, stored: bytesDigest(bytes), content: contentDigest(rawObject(bytes)), uid: 'six' };
  expect(problems(tarOf('one', bytes), [forged])).toEqual([expect.stringMatching(/holds an object of another name/)]);
});

test('bytes that are no Kubernetes object are a problem', () => {
  const bytes = Buffer.from('{"metadata":{"name":"one"}');
  const [one] = entriesOf('one');
  const forged = { ...one!, stored: bytesDigest(bytes), sizeBytes: bytes.length };
  expect(problems(tarOf('one', bytes), [forged])).toEqual([expect.stringMatching(/is no Kubernetes object/)]);
});
